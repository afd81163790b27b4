import type { Field, Message } from './schema.ts';
import { WireReader, WireType, WireWriter } from './wire.ts';

/**
 * Which fields of a message to keep: by number, each whole (`true`) or in part.
 *
 * @see https://google.aip.dev/157
 */
export type FieldMask = ReadonlyMap<number, true | FieldMask>;

/** Paths in one mask; the whole Job has fewer fields than that. */
export const fieldMaskPathLimit = 128;

/** Characters of one mask. */
export const fieldMaskTextLimit = 8192;

/** A mask that names what the message does not have. */
export class FieldMaskError extends Error {
  override readonly name = 'FieldMaskError';
}

type MutableMask = Map<number, true | MutableMask>;

/**
 * Reads a mask over a message.
 *
 * @param type the message's type
 * @param text paths separated by commas, each a chain of field names in lowerCamelCase or snake_case separated by
 *   dots. A path may lead through a repeated field, and then counts for each element; it must not lead into a map.
 *   `*` is the whole message.
 * @returns undefined where the mask selects the whole message: an empty text, or a `*` among the paths
 * @throws {FieldMaskError} naming the path that is wrong, and what would be right
 * @example
 * parseFieldMask(jobType, 'status,jobParameters.env.python_env');
 */
export function parseFieldMask(type: Message, text: string): FieldMask | undefined {
  if (text.length > fieldMaskTextLimit) {
    throw new FieldMaskError(`has ${text.length} characters; at most ${fieldMaskTextLimit} are allowed`);
  }
  const paths = text.split(',').map((path) => path.trim());
  if (paths.length > fieldMaskPathLimit) {
    throw new FieldMaskError(`has ${paths.length} paths; at most ${fieldMaskPathLimit} are allowed`);
  }
  if (paths.length === 1 && paths[0] === '') return undefined;
  const mask: MutableMask = new Map();
  for (const path of paths) if (path !== '*') addPath(mask, type, path);
  return paths.includes('*') ? undefined : mask;
}

function addPath(root: MutableMask, rootType: Message, path: string): void {
  const names = path.split('.');
  let mask = root;
  let type = rootType;
  for (const [index, name] of names.entries()) {
    const field: Field = findField(type, name, path);
    const isLast = index === names.length - 1;
    const known: true | MutableMask | undefined = mask.get(field.number);
    // A parent that is already there as a whole covers the rest of the path, which is still checked.
    if (isLast) {
      mask.set(field.number, true);
      return;
    }
    if (field.message === undefined) {
      throw new FieldMaskError(
        `has the path ${quoted(path)}, but ${quoted(name)} has no fields to choose from`,
      );
    }
    const inner: MutableMask = known instanceof Map ? known : new Map<number, true | MutableMask>();
    if (known === undefined) mask.set(field.number, inner);
    mask = inner;
    type = field.message;
  }
}

function findField(type: Message, name: string, path: string): Field {
  const field = type.fields.find((candidate) => candidate.jsonName === name || candidate.name === name);
  if (field !== undefined) return field;
  const names = type.fields.map((candidate) => candidate.jsonName).join(', ');
  throw new FieldMaskError(
    name === ''
      ? `has an empty name in the path ${quoted(path)}`
      : `has the path ${quoted(path)}, but ${type.name} has no field ${quoted(name)}; it has ${names}`,
  );
}

/** What the caller sent, made short and printable for a message. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

/**
 * The message with only the fields that the mask names. Unknown fields live on inside what is kept whole.
 *
 * @throws {MalformedMessageError} where the bytes are not a message
 */
export function applyFieldMask(mask: FieldMask, message: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const start = reader.position;
    const tag = reader.readTag();
    const selected = mask.get(tag >>> 3);
    if (selected instanceof Map && (tag & 7) === WireType.lengthDelimited) {
      writer.lengthDelimited(tag >>> 3, applyFieldMask(selected, reader.readBytes()));
      continue;
    }
    reader.skip(tag);
    if (selected === true) writer.raw(message.subarray(start, reader.position));
  }
  return writer.finish();
}
