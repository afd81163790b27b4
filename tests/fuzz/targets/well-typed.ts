import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/**
 * Whether bytes are a message in which every field that the type has comes with the wire type that it should have, and
 * nothing goes past its end. `@bufbuild/protobuf` 2.17 reads a known field as what it should be whatever its wire type
 * says, and over the end of its message, where the encoding has an unknown field and an error.
 *
 * @see https://protobuf.dev/programming-guides/encoding/#structure
 */
export function isWellTyped(desc: DescMessage, bytes: Uint8Array): boolean {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      const field = desc.fields.find((candidate) => candidate.number === number);
      if (field === undefined) reader.skip(wireType, number);
      else if (wireType !== wireTypeOf(field)) return false;
      else if (!isWellTypedValue(field, wireType, reader)) return false;
    }
    return reader.pos === reader.len;
  } catch {
    return false;
  }
}

function isWellTypedValue(field: DescField, wireType: WireType, reader: BinaryReader): boolean {
  if (wireType !== WireType.LengthDelimited) {
    reader.skip(wireType, field.number);
    return true;
  }
  const value = reader.bytes();
  if (field.fieldKind === 'map') return isWellTypedEntry(value);
  return field.message === undefined || isWellTyped(field.message, value);
}

/** The maps of a Job are from strings to strings. */
function isWellTypedEntry(entry: Uint8Array): boolean {
  const reader = new BinaryReader(entry);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number <= 2 && wireType !== WireType.LengthDelimited) return false;
    reader.skip(wireType, number);
  }
  return reader.pos === reader.len;
}

function wireTypeOf(field: DescField): WireType {
  if (field.fieldKind === 'enum') return WireType.Varint;
  if (field.fieldKind === 'scalar' && field.scalar !== ScalarType.STRING) return WireType.Varint;
  return WireType.LengthDelimited;
}
