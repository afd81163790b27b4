import { jsonNameOf, kindOf, tagOf, type FieldKind, type MessageDeclaration } from './declarations.ts';
import type { FieldValues } from './field-values.ts';
import { readTime } from './time.ts';
import { concatenate, MalformedMessageError, readInteger, toInt32, WireReader, WireType } from './wire.ts';

/** What stands on the wire: an integer, or the bytes of all else; of a list one after the other. */
type Found = number | bigint | Uint8Array | Uint8Array[] | undefined;

/** A field that is read. */
interface Slot {
  readonly name: string;
  readonly tag: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
}

/**
 * Makes a function that reads some fields of a message and goes past the others. As for any reader of protobuf, the last
 * one counts of a value that is there twice, and messages are merged. An absent field has its default value: a message,
 * timestamp or duration is undefined, a list is empty.
 *
 * The function throws MalformedMessageError if the bytes are not a message, or if a string that it reads is not UTF-8.
 * Messages and bytes are views of what it is given.
 *
 * @param names of the fields, in lowerCamelCase
 * @example
 * const readHeading = fieldReader(JobSchema, ['id', 'projectId']);
 * readHeading(fieldWriter(JobSchema)({ id: 'bt1', name: 'train' })); // { id: 'bt1', projectId: '' }
 */
export function fieldReader<M extends MessageDeclaration, Name extends keyof FieldValues<M> & string>(
  { fields }: M,
  names: readonly Name[],
): (message: Uint8Array) => Pick<FieldValues<M>, Name> {
  const slots = names.map((name): Slot => {
    const field = fields.find((candidate) => jsonNameOf(candidate) === name)!;
    return { name, tag: tagOf(field), kind: kindOf(field), repeated: field.repeated === true };
  });
  const slotByTag = new Int8Array(Math.max(...slots.map(({ tag }) => tag)) + 1).fill(-1);
  for (const [index, { tag }] of slots.entries()) slotByTag[tag] = index;
  return (message) => {
    const found = slots.map((): Found => undefined);
    const reader = new WireReader(message);
    for (let tag = nextTag(reader, slotByTag); tag !== 0; tag = nextTag(reader, slotByTag)) {
      const index = slotByTag[tag]!;
      if ((tag & 7) === WireType.varint) found[index] = readInteger(reader);
      else found[index] = joined(slots[index]!, found[index], reader.readBytes());
    }
    const values: Record<string, unknown> = {};
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!;
      values[slot.name] = valueOf(slot, found[index]);
    }
    return values as Pick<FieldValues<M>, Name>;
  };
}

/** Goes past the records whose tags have no index. @returns the tag of the next one that has, 0 at the end */
function nextTag(reader: WireReader, slotByTag: Int8Array): number {
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag < slotByTag.length && slotByTag[tag]! >= 0) return tag;
    reader.skip(tag);
  }
  return 0;
}

/** What one more occurrence makes of a field that has a length. */
function joined({ kind, repeated }: Slot, earlier: Found, bytes: Uint8Array): Found {
  if (repeated) {
    if (earlier === undefined) return [bytes];
    (earlier as Uint8Array[]).push(bytes);
    return earlier;
  }
  const isMerged = earlier !== undefined && kind !== 'string' && kind !== 'bytes';
  return isMerged ? concatenate([earlier as Uint8Array, bytes]) : bytes;
}

function valueOf({ kind, repeated }: Slot, found: Found): unknown {
  if (repeated) {
    const all = (found ?? []) as Uint8Array[];
    return kind === 'string' ? all.map(readText) : all;
  }
  switch (kind) {
    case 'string':
      return found === undefined ? '' : readText(found as Uint8Array);
    case 'bool':
      return Boolean(found);
    case 'int32':
    case 'enum':
      return found === undefined ? 0 : toInt32(found as number | bigint);
    case 'int64':
      return BigInt((found ?? 0) as number | bigint);
    case 'timestamp':
    case 'duration':
      return found && readTime(new WireReader(found as Uint8Array), (found as Uint8Array).length);
    case 'bytes':
      return found ?? new Uint8Array();
    default:
      return found;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a string field.
 *
 * @throws {MalformedMessageError} if the bytes are not UTF-8
 */
export function readText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MalformedMessageError('a string is not UTF-8');
  }
}
