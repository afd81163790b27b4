/**
 * Protobuf bytes to canonical proto3 JSON, in one pass and without decoding: strings are copied from the wire as the
 * UTF-8 that they are in JSON too, and only what JSON writes in another way (numbers, times, enum names) is looked at.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
import { isUtf8 } from 'node:buffer';
import { normalForm, readMapEntry, wireTypeOf, type Span } from './normal-form.ts';
import { jobType, type Field, type Message } from './schema.ts';
import { formatDuration, formatTimestamp } from './time.ts';
import { MalformedMessageError, WireReader, WireType } from './wire.ts';

/**
 * A Job in canonical proto3 JSON: lowerCamelCase names, default values left out, int64 as strings, unknown fields left
 * out, unknown enum numbers as numbers.
 *
 * @param job the protobuf bytes
 * @returns the JSON text in UTF-8, in memory of its own
 * @throws {MalformedMessageError} where the bytes are not a Job, or hold a string that is not UTF-8 or a time that
 *   JSON cannot express
 */
export function jobToJson(job: Uint8Array): Buffer {
  try {
    return new JsonWriter(job).write(jobType);
  } catch (error) {
    // A time may be none where a part of it stands, and be one when its other part has been read.
    if (error !== notInNormalForm && !(error instanceof MalformedMessageError)) throw error;
    return new JsonWriter(normalForm(jobType, job)).write(jobType);
  }
}

/** Thrown, and caught above, where a message was written in an unusual way. */
const notInNormalForm = new Error('not in normal form');

const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;

/** For each byte: 0 as it is; 1 not ASCII; otherwise the letter after a backslash, `u` for the long form. */
const escapes = new Uint8Array(256);
escapes.fill(0x75, 0, 0x20);
escapes.fill(1, 0x80);
for (const [character, letter] of ['""', '\\\\', '\bb', '\ff', '\nn', '\rr', '\tt']) {
  escapes[character!.charCodeAt(0)] = letter!.charCodeAt(0);
}

interface Layout {
  readonly field: Field;
  readonly wireType: number;
  /** `,"jsonName":` */
  readonly prefix: Uint8Array;
  /** For enums: the JSON of each value that has a name, at the index of its number; else empty. */
  readonly values: readonly (Uint8Array | undefined)[];
  /** One bit a oneof of the message; 0 outside a oneof. */
  readonly oneofBit: number;
  /** Whether the default value is left out. */
  readonly implicit: boolean;
}

const layouts = new Map<Message, readonly (Layout | undefined)[]>();

function layoutOf(type: Message): readonly (Layout | undefined)[] {
  let layout = layouts.get(type);
  if (layout === undefined) {
    const oneofs = [...new Set(type.fields.map((field) => field.oneof).filter((name) => name !== undefined))];
    layout = type.byNumber.map((field) => {
      if (field === undefined) return undefined;
      const oneofBit = field.oneof === undefined ? 0 : 1 << oneofs.indexOf(field.oneof);
      const values: Uint8Array[] = [];
      for (const [number, name] of Object.entries(field.valueNames ?? {}))
        values[Number(number)] = Buffer.from(`"${name}"`);
      return {
        field,
        wireType: wireTypeOf(field),
        prefix: Buffer.from(`,${JSON.stringify(field.jsonName)}:`),
        values,
        oneofBit,
        implicit: !field.many && oneofBit === 0,
      };
    });
    layouts.set(type, layout);
  }
  return layout;
}

/** Where answers are written before they are copied out: making new memory for each costs more than writing it. */
let scratch = Buffer.allocUnsafeSlow(32 * 1024);

/** Scratch memory that is kept from one answer to the next, in bytes. */
const keptScratchLimit = 1 << 20;

class JsonWriter {
  private out = scratch;
  private at = 0;
  private readonly reader: WireReader;

  constructor(bytes: Uint8Array) {
    this.reader = new WireReader(bytes);
  }

  write(type: Message): Buffer {
    this.message(type, this.reader.end);
    if (this.out.length <= keptScratchLimit) scratch = this.out;
    return Buffer.from(this.out.subarray(0, this.at));
  }

  /** Makes room for `count` more bytes, and some: callers may write up to 64 bytes without asking. */
  private reserve(count: number): void {
    const needed = this.at + count + 64;
    if (needed <= this.out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.out.length * 2));
    this.out.copy(larger, 0, 0, this.at);
    this.out = larger;
  }

  /** Writes the message that stands from the reader's position to `end`. */
  private message(type: Message, end: number): void {
    const layout = layoutOf(type);
    const { reader } = this;
    const outerEnd = reader.end;
    reader.end = end;
    this.reserve(1);
    this.out[this.at++] = 0x7b;
    let first = true;
    let last = 0;
    let oneofsSeen = 0;
    let close = 0;
    let mapKeys: Set<string> | undefined;
    while (reader.position < end) {
      const tag = reader.readTag();
      const number = tag >>> 3;
      const current = layout[number];
      if (current?.wireType !== (tag & 7)) {
        reader.skip(tag);
        continue;
      }
      const { field } = current;
      const again = number === last;
      if (number < last || (again && !field.many) || (oneofsSeen & current.oneofBit) !== 0)
        throw notInNormalForm;
      oneofsSeen |= current.oneofBit;
      last = number;
      if (close !== 0 && !again) {
        this.out[this.at++] = close;
        close = 0;
      }
      const isInteger = current.wireType === WireType.varint;
      const integer = isInteger ? readInteger(reader) : 0;
      const valueEnd = isInteger ? 0 : reader.readLength() + reader.position;
      if (current.implicit && isDefault(field, isInteger, integer, valueEnd - reader.position)) continue;
      this.reserve(current.prefix.length);
      if (again) {
        this.out[this.at++] = comma;
      } else {
        this.copy(current.prefix, first ? 1 : 0);
        first = false;
        if (field.repeated === true) {
          this.out[this.at++] = 0x5b;
          close = 0x5d;
        } else if (field.many) {
          this.out[this.at++] = 0x7b;
          close = 0x7d;
          mapKeys = new Set();
        }
      }
      if (isInteger) {
        this.integer(current, integer);
      } else if (field.kind === 'string') {
        this.string(reader.bytes, reader.position, valueEnd);
        reader.position = valueEnd;
      } else if (field.kind === 'message') {
        this.message(field.message!, valueEnd);
      } else {
        reader.end = valueEnd;
        if (field.many) this.mapEntry(valueEnd, mapKeys!);
        else this.time(field, valueEnd);
        reader.end = end;
      }
    }
    reader.end = outerEnd;
    this.reserve(2);
    if (close !== 0) this.out[this.at++] = close;
    this.out[this.at++] = 0x7d;
  }

  private integer({ field, values }: Layout, integer: number | bigint): void {
    if (field.kind === 'bool') {
      this.ascii(integer === 0 || integer === 0n ? 'false' : 'true');
    } else if (field.kind === 'int64') {
      this.out[this.at++] = quote;
      if (typeof integer === 'number') this.digits(integer);
      else this.ascii(String(integer));
      this.out[this.at++] = quote;
    } else {
      const number = toInt32(integer);
      const value = values[number];
      if (value === undefined) {
        this.ascii(String(number));
      } else {
        this.reserve(value.length);
        this.copy(value, 0);
      }
    }
  }

  /** Writes the Timestamp or Duration that stands from the reader's position to `end`. */
  private time(field: Field, end: number): void {
    const { seconds, nanos } = readTime(this.reader, end);
    this.out[this.at++] = quote;
    this.ascii(field.kind === 'timestamp' ? formatTimestamp(seconds, nanos) : formatDuration(seconds, nanos));
    this.out[this.at++] = quote;
  }

  /** Writes the entry of a map that stands from the reader's position to `end`. */
  private mapEntry(end: number, keysSeen: Set<string>): void {
    const { bytes } = this.reader;
    const { key, value } = readMapEntry(this.reader, end);
    if (keysSeen.size === keysSeen.add(latin1(bytes, key)).size) throw notInNormalForm;
    this.string(bytes, key.start, key.end);
    this.out[this.at++] = 0x3a;
    this.string(bytes, value.start, value.end);
  }

  /** A few bytes, for which there is room: for so few a loop is faster than a call of `set`. */
  private copy(bytes: Uint8Array, from: number): void {
    const { out } = this;
    let { at } = this;
    for (let index = from; index < bytes.length; index++) out[at++] = bytes[index]!;
    this.at = at;
  }

  /** A whole number from 0 to 2^53, for which there is room. */
  private digits(integer: number): void {
    let length = 1;
    for (let power = 10; integer >= power; power *= 10) length++;
    let rest = integer;
    for (let index = this.at + length - 1; index >= this.at; index--) {
      const tenth = Math.floor(rest / 10);
      this.out[index] = 0x30 + (rest - tenth * 10);
      rest = tenth;
    }
    this.at += length;
  }

  /** Text that needs no escaping. */
  private ascii(text: string): void {
    this.reserve(text.length);
    const { out } = this;
    let { at } = this;
    for (let index = 0; index < text.length; index++) out[at++] = text.charCodeAt(index);
    this.at = at;
  }

  private string(bytes: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 6 + 2);
    const { out } = this;
    let { at } = this;
    let ascii = true;
    out[at++] = quote;
    for (let index = start; index < end; index++) {
      const byte = bytes[index]!;
      const escape = escapes[byte]!;
      if (escape === 0) {
        out[at++] = byte;
      } else if (escape === 1) {
        ascii = false;
        out[at++] = byte;
      } else {
        out[at++] = backslash;
        out[at++] = escape;
        if (escape === 0x75) at += out.write(byte.toString(16).padStart(4, '0'), at, 'latin1');
      }
    }
    out[at++] = quote;
    this.at = at;
    if (!ascii && !isUtf8(bytes.subarray(start, end)))
      throw new MalformedMessageError('a string is not UTF-8');
  }
}

function isDefault(field: Field, isInteger: boolean, integer: number | bigint, length: number): boolean {
  if (!isInteger) return length === 0 && field.kind === 'string';
  return field.kind === 'enum' ? toInt32(integer) === 0 : integer === 0 || integer === 0n;
}

/** What a reader makes of a varint where an enum's number should be. */
function toInt32(integer: number | bigint): number {
  return typeof integer === 'number' ? integer | 0 : Number(BigInt.asIntN(32, integer));
}

/** An int64, as a number where it is surely exact: in seven bytes there are 49 bits. */
function readInteger(reader: WireReader): number | bigint {
  const { bytes, end } = reader;
  let value = 0;
  let scale = 1;
  for (let position = reader.position; position < end && position < reader.position + 7; position++) {
    const byte = bytes[position]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      reader.position = position + 1;
      return value;
    }
    scale *= 128;
  }
  return reader.readInt64();
}

/** The two fields that Timestamp and Duration have alike. What is no safe integer is far outside what they may hold. */
function readTime(reader: WireReader, end: number): { seconds: number; nanos: number } {
  let seconds: number | bigint = 0;
  let nanos: number | bigint = 0;
  while (reader.position < end) {
    const tag = reader.readTag();
    if (tag === 1 << 3) seconds = readInteger(reader);
    else if (tag === 2 << 3) nanos = readInteger(reader);
    else reader.skip(tag);
  }
  return { seconds: Number(seconds), nanos: toInt32(nanos) };
}

function latin1(bytes: Uint8Array, { start, end }: Span): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
