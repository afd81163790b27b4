import { invalidArgument, type Status } from '../runtime/status.ts';
import { jsonCountLimit, jsonDepthLimit } from './limits.ts';

/** A number in JSON that a double may not hold exactly. */
const longNumber = /[:[,\s]-?\d{16}/;

/**
 * An even number of backslashes at the end of an object's name. After such a name V8 misreads other names with escapes,
 * also in later texts, so that an event would mean something else from one process to the next.
 *
 * @see https://github.com/nodejs/node/issues/63785
 */
const nameEndsInBackslash = /(?<!\\)(?:\\\\)+"\s*:/;

/**
 * Parses JSON. Integers beyond 2^53 become strings, which proto3 JSON takes as well, and so keep every digit.
 *
 * @throws {Status} INVALID_ARGUMENT, without a word of the text
 */
export function readJson(text: string): unknown {
  refuseHostile(text);
  return parseAll([text])[0];
}

/**
 * Parses JSON or JSON Lines, one value a line, as `readJson` does.
 *
 * @param linesLimit the most lines that are looked at
 * @throws {Status} INVALID_ARGUMENT, without a word of the text, also where there are more lines
 * @see https://jsonlines.org/
 */
export function readJsonLines(text: string, linesLimit: number): readonly unknown[] {
  refuseHostile(text);
  try {
    return [parse(text)];
  } catch {
    const lines = text.split('\n', linesLimit + 1).filter((line) => line.trim() !== '');
    if (lines.length < 2) throw notJson();
    const values = parseAll(lines);
    if (values.length > linesLimit) throw invalidArgument('event', `has more than ${linesLimit} lines`);
    return values;
  }
}

function parseAll(texts: readonly string[]): readonly unknown[] {
  try {
    return texts.map(parse);
  } catch {
    throw notJson();
  }
}

function refuseHostile(text: string): void {
  // Before it is parsed: deep nesting costs a parser its stack, and memory many times the text.
  const { count, depth } = measureNesting(text);
  if (depth > jsonDepthLimit)
    throw invalidArgument('event', `has more than ${jsonDepthLimit} objects and arrays in one another`);
  if (count > jsonCountLimit)
    throw invalidArgument('event', `has more than ${jsonCountLimit} objects and arrays`);
  if (nameEndsInBackslash.test(text))
    throw invalidArgument('event', 'has a name that ends in a backslash; choose another one');
}

function notJson(): Status {
  return invalidArgument('event', 'is not JSON');
}

function parse(text: string): unknown {
  return longNumber.test(text) ? (JSON.parse(text, keepDigits) as unknown) : (JSON.parse(text) as unknown);
}

/** @see https://github.com/tc39/proposal-json-parse-with-source */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source } = context ?? {};
  const inexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return inexact && source !== undefined && /^-?\d+$/.test(source) ? source : value;
}

const quote = 0x22;
const backslash = 0x5c;

/** How many objects and arrays a JSON text has, and in one another; of other texts it may say anything. */
function measureNesting(text: string): { readonly count: number; readonly depth: number } {
  let count = 0;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === backslash) index++;
      else if (code === quote) inString = false;
    } else if (code === quote) {
      inString = true;
    } else if (code === 0x5b || code === 0x7b) {
      count++;
      if (++depth > deepest) deepest = depth;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return { count, depth: deepest };
}
