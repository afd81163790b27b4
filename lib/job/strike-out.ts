/** Secrets found again in text, as they are or as configuration files, command lines and URLs have to write them. */

/** What stands where a secret was. */
export const redactionMark = '[redacted]';

/**
 * A secret shorter than this many bytes is not looked for: it could not be told from ordinary text, and striking it out
 * would garble the job.
 */
export const shortestSecretStruckOut = 6;

/** A secret longer than this is not looked for where it would overlap itself: no password repeats itself like that. */
const longestSelfOverlap = 256;

/**
 * The ways in which a secret is looked for; none where it is too short, or is the mark of one.
 *
 * @param secret its bytes, which may not be UTF-8
 */
export function spellings(secret: Uint8Array): readonly Buffer[] {
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

/** Writes the mark over every secret. `text` itself where there is none in it. */
export function strikeOut(text: Uint8Array, secrets: readonly Buffer[]): Uint8Array {
  return replaceSpans(text, secrets, () => Buffer.from(redactionMark));
}

/** The same for a text that is no field of a Job. */
export function strikeOutOfText(text: string, secrets: readonly string[]): string {
  const spelt = secrets.flatMap((secret) => spellings(Buffer.from(secret)));
  return Buffer.from(strikeOut(Buffer.from(text), spelt)).toString();
}

/** The same for bytes of which nobody knows which are lengths: keeps every length. */
export function maskOut(bytes: Uint8Array, secrets: readonly Buffer[]): Uint8Array {
  return replaceSpans(bytes, secrets, (length) => Buffer.alloc(length, '*'));
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function replaceSpans(
  bytes: Uint8Array,
  secrets: readonly Buffer[],
  mark: (length: number) => Buffer,
): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const spans = joinOverlapping(secrets.flatMap((secret) => findAll(text, secret)));
  if (spans.length === 0) return bytes;
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    parts.push(text.subarray(from, start), mark(end - start));
    from = end;
  }
  return Buffer.concat([...parts, text.subarray(from)]);
}

function findAll(text: Buffer, secret: Buffer): readonly Span[] {
  const spans: Span[] = [];
  const step = secret.length > longestSelfOverlap ? secret.length : 1;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + step)) {
    spans.push({ start: at, end: at + secret.length });
  }
  return spans;
}

/** One span where two overlap, so that no end of a secret is left beside the mark of another. */
function joinOverlapping(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || span.start >= last.end) joined.push(span);
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return joined;
}
