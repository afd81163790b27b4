import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One event of an input, and where it stands, for messages: `file:line`. */
export interface LocatedEvent {
  readonly place: string;
  /** The JobEvent in JSON, or whatever text stands there. */
  readonly body: string;
}

/**
 * The events of a file: one JSON value (a JobEvent or a list of them), or NDJSON, one JobEvent a line. NDJSON is read
 * line by line, so that its size does not matter.
 */
export async function* readEvents(file: string): AsyncGenerator<LocatedEvent> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  let asOneValue: string[] | undefined;
  for await (const line of lines) {
    number++;
    if (asOneValue !== undefined) asOneValue.push(line);
    else if (line.trim() === '') continue;
    else if (isWholeObject(line)) yield { place: `${file}:${number}`, body: line };
    else if (number === 1) asOneValue = [line];
    else yield { place: `${file}:${number}`, body: line };
  }
  if (asOneValue !== undefined) yield* readOneValue(file, asOneValue.join('\n'));
}

function isWholeObject(line: string): boolean {
  if (!line.trimStart().startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function* readOneValue(file: string, text: string): Generator<LocatedEvent> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    yield { place: `${file}:1`, body: text };
    return;
  }
  if (!Array.isArray(value)) yield { place: `${file}:1`, body: text };
  else
    for (const [index, event] of value.entries())
      yield { place: `${file}[${index}]`, body: JSON.stringify(event) };
}
