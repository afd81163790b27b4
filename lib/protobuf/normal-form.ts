import type { Field, Message } from './schema.ts';
import { WireReader, WireType, WireWriter, concatenate } from './wire.ts';

/**
 * A message as a reader of protobuf understands it, written the plain way: known fields only, in the order of their
 * numbers; a singular field once (the last scalar; messages merged), and not at all where it has its default value; one
 * arm a oneof (the last); one entry a map key (the last), of which the last key and value. Writers may split, repeat and shuffle fields, and hardly any
 * does.
 *
 * @throws {MalformedMessageError} where the bytes are not a message
 * @see https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export function normalForm(type: Message, message: Uint8Array): Uint8Array {
  const values = new Map<Field, Uint8Array[]>();
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    const field = type.byNumber[tag >>> 3];
    if (tag !== field?.tag) {
      reader.skip(tag);
      continue;
    }
    if (field.oneof !== undefined) {
      for (const arm of type.fields) if (arm !== field && arm.oneof === field.oneof) values.delete(arm);
    }
    const start = reader.position;
    const value = isVarint(field) ? varintRecord(reader, tag, start) : reader.readBytes();
    const earlier = values.get(field);
    if (earlier === undefined) values.set(field, [value]);
    else if (field.many || isMessage(field)) earlier.push(value);
    else earlier[0] = value;
  }

  const writer = new WireWriter();
  for (const field of type.fields) {
    const all = values.get(field);
    if (all === undefined) continue;
    for (const value of wholeValues(field, all)) {
      if (isVarint(field)) writer.varint(field.tag).raw(value);
      else writer.lengthDelimited(field.number, field.message ? normalForm(field.message, value) : value);
    }
  }
  return writer.finish();
}

function varintRecord(reader: WireReader, tag: number, start: number): Uint8Array {
  reader.skip(tag);
  return reader.bytes.subarray(start, reader.position);
}

function isVarint({ tag }: Field): boolean {
  return (tag & 7) === WireType.varint;
}

/** Merging two encoded messages is writing one after the other. */
function isMessage(field: Field): boolean {
  return field.kind === 'message' || field.kind === 'timestamp' || field.kind === 'duration';
}

function wholeValues(field: Field, values: readonly Uint8Array[]): Iterable<Uint8Array> {
  if (field.kind === 'map<string,string>') {
    return new Map(values.map(plainEntry)).values();
  }
  if (field.many) return values;
  const value = concatenate(values);
  return field.oneof === undefined && isDefault(field, value) ? [] : [value];
}

/** An entry by its key, without what was overwritten in it: nobody reads that, so it need not even be UTF-8. */
function plainEntry(entry: Uint8Array): readonly [string, Uint8Array] {
  const spans = readMapEntry(new WireReader(entry), entry.length);
  const [key, value] = [spans.key, spans.value].map(({ start, end }) => entry.subarray(start, end));
  const plain = new WireWriter().lengthDelimited(1, key!).lengthDelimited(2, value!).finish();
  return [Buffer.from(key!).toString('latin1'), plain];
}

function isDefault(field: Field, value: Uint8Array): boolean {
  if (!isVarint(field)) return (field.kind === 'string' || field.kind === 'bytes') && value.length === 0;
  const integer = new WireReader(value).readInt64();
  return field.kind === 'enum' || field.kind === 'int32' ? BigInt.asIntN(32, integer) === 0n : integer === 0n;
}

/** Where a value stands in its bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const nothing: Span = { start: 0, end: 0 };

/**
 * Where key and value are of the map's entry that stands from the reader's position to `end`; an absent one is empty,
 * of a repeated one the last counts.
 */
export function readMapEntry(reader: WireReader, end: number): { readonly key: Span; readonly value: Span } {
  let key = nothing;
  let value = nothing;
  while (reader.position < end) {
    const tag = reader.readTag();
    if (tag === ((1 << 3) | WireType.lengthDelimited)) key = readSpan(reader);
    else if (tag === ((2 << 3) | WireType.lengthDelimited)) value = readSpan(reader);
    else reader.skip(tag);
  }
  return { key, value };
}

function readSpan(reader: WireReader): Span {
  const end = reader.readLength() + reader.position;
  const span = { start: reader.position, end };
  reader.position = end;
  return span;
}
