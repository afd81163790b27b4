/**
 * Protobuf bytes to canonical proto3 JSON, in one pass and without decoding: strings are copied from the wire as the
 * UTF-8 that they are in JSON too, and only what JSON writes in another way (numbers, times, enum names) is looked at.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
import { isUtf8 } from 'node:buffer';
import { normalForm, readMapEntry, wireTypeOf } from './normal-form.ts';
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
    return new JsonWriter().write(jobType, job);
  } catch (error) {
    if (error !== notInNormalForm) throw error;
    return new JsonWriter().write(jobType, normalForm(jobType, job));
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
      const prefix = Buffer.from(`,${JSON.stringify(field.jsonName)}:`);
      return {
        field,
        wireType: wireTypeOf(field),
        prefix,
        oneofBit,
        implicit: !field.many && oneofBit === 0,
      };
    });
    layouts.set(type, layout);
  }
  return layout;
}

class JsonWriter {
  private out = Buffer.allocUnsafe(8192);
  private at = 0;

  write(type: Message, bytes: Uint8Array): Buffer {
    this.reserve(bytes.length * 2);
    this.message(type, bytes, 0, bytes.length);
    return this.out.subarray(0, this.at);
  }

  /** Makes room for `count` more bytes, and some: callers may write up to 64 bytes without asking. */
  private reserve(count: number): void {
    const needed = this.at + count + 64;
    if (needed <= this.out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.out.length * 2));
    this.out.copy(larger, 0, 0, this.at);
    this.out = larger;
  }

  private message(type: Message, bytes: Uint8Array, start: number, end: number): void {
    const layout = layoutOf(type);
    const reader = new WireReader(bytes, start, end);
    const open = this.at;
    this.out[this.at++] = 0x7b;
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
      const integer = current.wireType === WireType.varint ? readInteger(reader) : undefined;
      const length = integer === undefined ? reader.readLength() : 0;
      const valueStart = reader.position;
      reader.position += length;
      if (current.implicit && isDefault(field, integer, length)) continue;
      this.reserve(current.prefix.length);
      if (again) {
        this.out[this.at++] = comma;
      } else {
        this.prefix(current.prefix, this.at === open + 1);
        if (field.repeated === true) {
          this.out[this.at++] = 0x5b;
          close = 0x5d;
        } else if (field.many) {
          this.out[this.at++] = 0x7b;
          close = 0x7d;
          mapKeys = new Set();
        }
      }
      if (integer !== undefined) this.integer(field, integer);
      else if (field.kind === 'string') this.string(bytes, valueStart, reader.position);
      else if (field.kind === 'message') this.message(field.message!, bytes, valueStart, reader.position);
      else if (field.many) this.mapEntry(bytes.subarray(valueStart, reader.position), mapKeys!);
      else this.time(field, bytes.subarray(valueStart, reader.position));
    }
    this.reserve(2);
    if (close !== 0) this.out[this.at++] = close;
    this.out[this.at++] = 0x7d;
  }

  private integer(field: Field, integer: number | bigint): void {
    if (field.kind === 'bool') {
      this.ascii(integer === 0 || integer === 0n ? 'false' : 'true');
    } else if (field.kind === 'int64') {
      this.ascii(`"${String(integer)}"`);
    } else {
      const name = field.valueNames![toInt32(integer)];
      this.ascii(name === undefined ? String(toInt32(integer)) : `"${name}"`);
    }
  }

  private time(field: Field, message: Uint8Array): void {
    const { seconds, nanos } = readTime(message);
    const text =
      field.kind === 'timestamp' ? formatTimestamp(seconds, nanos) : formatDuration(seconds, nanos);
    this.ascii(`"${text}"`);
  }

  private mapEntry(entry: Uint8Array, keysSeen: Set<string>): void {
    const { key, value } = readMapEntry(entry);
    if (keysSeen.size === keysSeen.add(key.toString('latin1')).size) throw notInNormalForm;
    this.string(key, 0, key.length);
    this.out[this.at++] = 0x3a;
    this.string(value, 0, value.length);
  }

  private prefix(bytes: Uint8Array, withoutComma: boolean): void {
    for (let index = withoutComma ? 1 : 0; index < bytes.length; index++) this.out[this.at++] = bytes[index]!;
  }

  /** Text that needs no escaping. */
  private ascii(text: string): void {
    this.reserve(text.length);
    this.at += this.out.write(text, this.at, 'latin1');
  }

  private string(bytes: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 6 + 2);
    const { out } = this;
    let at = this.at;
    let ascii = true;
    out[at++] = quote;
    for (let index = start; index < end; index++) {
      const byte = bytes[index]!;
      const escape = escapes[byte]!;
      if (escape <= 1) {
        if (escape === 1) ascii = false;
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

function isDefault(field: Field, integer: number | bigint | undefined, length: number): boolean {
  if (integer === undefined) return length === 0 && field.kind === 'string';
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

/** The two fields that Timestamp and Duration have alike. */
function readTime(message: Uint8Array): { seconds: bigint; nanos: number } {
  let seconds = 0n;
  let nanos = 0n;
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === 1 << 3) seconds = reader.readInt64();
    else if (tag === 2 << 3) nanos = reader.readInt64();
    else reader.skip(tag);
  }
  return { seconds, nanos: toInt32(nanos) };
}
