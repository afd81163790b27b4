import { invalidArgument } from '../status.ts';

/** A number in JSON that a double may not hold exactly. */
const longNumber = /[:[,\s]-?\d{16}/;

/**
 * Parses JSON. Integers beyond 2^53 become strings, which proto3 JSON takes as well, and so keep every digit.
 *
 * @throws {Status} INVALID_ARGUMENT, without a word of the text
 */
export function readJson(text: string): unknown {
  try {
    return longNumber.test(text) ? (JSON.parse(text, keepDigits) as unknown) : (JSON.parse(text) as unknown);
  } catch {
    throw invalidArgument('event', 'is not JSON');
  }
}

/** @see https://github.com/tc39/proposal-json-parse-with-source */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source } = context ?? {};
  const inexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return inexact && source !== undefined && /^-?\d+$/.test(source) ? source : value;
}
