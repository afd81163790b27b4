/** Secrets found again in text, as they are or as configuration files, command lines and URLs have to write them. */

import { MalformedMessageError } from '../protobuf/wire.ts';
import { TextSearch, TooMuchTextError } from './text-search.ts';

/** What stands where a secret was. */
export const redactionMark = '[redacted]';

/**
 * A secret shorter than this many bytes is not looked for: it could not be told from ordinary text, and striking it out
 * would garble the job.
 */
export const shortestSecretStruckOut = 6;

/** The most bytes of secrets that are searched for, in all their spellings. */
const searchedBytesLimit = 512 * 1024;

/**
 * A search for secrets, as they are and in other spellings.
 *
 * @throws {MalformedMessageError} if they are too long together
 */
export function searchFor(secrets: readonly Uint8Array[]): TextSearch {
  try {
    return new TextSearch(secrets.flatMap(spellings), searchedBytesLimit);
  } catch (error) {
    if (!(error instanceof TooMuchTextError)) throw error;
    throw new MalformedMessageError(`holds secrets of ${error.message}`);
  }
}

/**
 * The ways in which a secret is looked for; none where it is too short, or is the mark of one.
 *
 * @param secret its bytes, which may not be UTF-8
 */
function spellings(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const text = bytes.toString();
  if (bytes.length < shortestSecretStruckOut || text === redactionMark) return [];
  const percentEncoded = encodeURIComponent(text);
  const written = [
    JSON.stringify(text).slice(1, -1),
    // YAML in single quotes, and a shell's.
    text.replaceAll("'", "''"),
    text.replaceAll("'", "'\\''"),
    percentEncoded,
    percentEncoded.replace(/%../g, (code) => code.toLowerCase()),
    percentEncoded.replaceAll('%20', '+'),
  ];
  return [bytes, ...[...new Set(written)].filter((one) => one !== text).map((one) => Buffer.from(one))];
}

/** Writes the mark over every secret. Returns `text` itself if none is in it. */
export function strikeOut(text: Uint8Array, secrets: TextSearch): Uint8Array {
  return replaceSpans(text, secrets, () => mark);
}

const mark = Buffer.from(redactionMark);

/** The same for a text that is not a field of a Job. */
export function strikeOutOfText(text: string, secrets: readonly string[]): string {
  const search = searchFor(secrets.map((secret) => Buffer.from(secret)));
  return Buffer.from(strikeOut(Buffer.from(text), search)).toString();
}

/** The same for bytes of which some may be lengths: keeps every length. */
export function maskOut(bytes: Uint8Array, secrets: TextSearch): Uint8Array {
  return replaceSpans(bytes, secrets, (length) => Buffer.alloc(length, '*'));
}

function replaceSpans(
  bytes: Uint8Array,
  secrets: TextSearch,
  markOf: (length: number) => Uint8Array,
): Uint8Array {
  const spans = secrets.find(bytes);
  if (spans.length === 0) return bytes;
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    pieces.push(bytes.subarray(from, start), markOf(end - start));
    from = end;
  }
  return Buffer.concat([...pieces, bytes.subarray(from)]);
}
