/** Reads the events of a file. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One event of an input, and its place for messages, such as `file:line`. */
export interface LocatedEvent {
  readonly place: string;
  /** The JobEvent in JSON, or the text that is there instead. */
  readonly body: string;
}

/** A file of events, and its name for messages. */
export interface EventFile {
  readonly path: string;
  readonly name: string;
}

/**
 * Reads a file that holds one JSON value (a JobEvent or a list of them), or NDJSON (one JobEvent on each line). NDJSON is
 * read line by line, so its size does not matter.
 */
export async function* readEvents({ path, name }: EventFile): AsyncGenerator<LocatedEvent> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let number = 0;
  let asOneValue: string[] | undefined;
  for await (const line of lines) {
    number++;
    if (asOneValue !== undefined) asOneValue.push(line);
    else if (line.trim() === '') continue;
    else if (isWholeObject(line)) yield { place: `${name}:${number}`, body: line };
    else if (number === 1) asOneValue = [line];
    else yield { place: `${name}:${number}`, body: line };
  }
  if (asOneValue !== undefined) yield* readOneValue(name, asOneValue.join('\n'));
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

function* readOneValue(name: string, text: string): Generator<LocatedEvent> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    yield { place: `${name}:1`, body: text };
    return;
  }
  if (!Array.isArray(value)) yield { place: `${name}:1`, body: text };
  else
    for (const [index, event] of value.entries())
      yield { place: `${name}[${index}]`, body: JSON.stringify(event) };
}
