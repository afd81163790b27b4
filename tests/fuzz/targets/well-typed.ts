import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/**
 * Whether bytes are a message in which every field that the type has comes with the wire type that it should have, and
 * nothing goes past its end. `@bufbuild/protobuf` 2.17 reads a known field as what it should be whatever its wire type
 * says, over the end of its message, with the low 32 bits of a longer tag or length, and skips endless varints, where the encoding has an
 * unknown field and errors.
 *
 * @see https://protobuf.dev/programming-guides/encoding/#structure
 */
export function isWellTyped(desc: DescMessage, bytes: Uint8Array): boolean {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const { number, wireType } = readTag(reader);
      const field = desc.fields.find((candidate) => candidate.number === number);
      if (field === undefined) skip(reader, wireType, number);
      else if (wireType !== wireTypeOf(field)) return false;
      else if (!isWellTypedValue(field, wireType, reader)) return false;
    }
    return reader.pos === reader.len;
  } catch {
    return false;
  }
}

const wireTypes: readonly WireType[] = [
  WireType.Varint,
  WireType.Bit64,
  WireType.LengthDelimited,
  WireType.StartGroup,
  WireType.EndGroup,
  WireType.Bit32,
];

function readTag(reader: BinaryReader): { readonly number: number; readonly wireType: WireType } {
  const tag = readUint32(reader);
  const wireType = wireTypes[tag & 7];
  if (wireType === undefined) throw new RangeError(`there is no wire type ${tag & 7}`);
  return { number: tag >>> 3, wireType };
}

/** Groups are left out: inside them the other reader is as lax, and a Job has none. */
function skip(reader: BinaryReader, wireType: WireType, number: number): void {
  if (wireType === WireType.LengthDelimited) readBytes(reader);
  else if (wireType === WireType.Varint) reader.uint64();
  else if (wireType === WireType.StartGroup) throw new RangeError('groups are left out');
  else reader.skip(wireType, number);
}

function readBytes(reader: BinaryReader): Uint8Array {
  const start = reader.pos;
  readUint32(reader);
  reader.pos = start;
  return reader.bytes();
}

function readUint32(reader: BinaryReader): number {
  const value = BigInt(reader.uint64());
  if (value > 0xffffffffn) throw new RangeError('a tag or a length has more than 32 bits');
  return Number(value);
}

function isWellTypedValue(field: DescField, wireType: WireType, reader: BinaryReader): boolean {
  if (wireType !== WireType.LengthDelimited) {
    skip(reader, wireType, field.number);
    return true;
  }
  const value = readBytes(reader);
  if (field.fieldKind === 'map') return isWellTypedEntry(value);
  return field.message === undefined || isWellTyped(field.message, value);
}

/** The maps of a Job are from strings to strings. */
function isWellTypedEntry(entry: Uint8Array): boolean {
  const reader = new BinaryReader(entry);
  while (reader.pos < reader.len) {
    const { number, wireType } = readTag(reader);
    if (number <= 2 && wireType !== WireType.LengthDelimited) return false;
    skip(reader, wireType, number);
  }
  return reader.pos === reader.len;
}

function wireTypeOf(field: DescField): WireType {
  if (field.fieldKind === 'enum') return WireType.Varint;
  if (field.fieldKind === 'scalar' && field.scalar !== ScalarType.STRING) return WireType.Varint;
  return WireType.LengthDelimited;
}
