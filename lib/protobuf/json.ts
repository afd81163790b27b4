/**
 * Protobuf bytes to canonical proto3 JSON, in one pass and without decoding: strings are copied from the wire as the
 * UTF-8 that they are in JSON too, and only what JSON writes in another way (numbers, times, enum names) is looked at.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
import { isUtf8 } from 'node:buffer';
import { layoutOf, spareBytes, type Ascii, type FieldLayout, type MessageLayout } from './json-layout.ts';
import { normalForm, readMapEntry } from './normal-form.ts';
import type { Message } from './schema.ts';
import { readTime, writeDigits, writeDuration, writeTimestamp } from './time.ts';
import { MalformedMessageError, readInteger, toInt32, WireReader, WireType } from './wire.ts';

/**
 * A message in canonical proto3 JSON: lowerCamelCase names, default values left out, int64 as strings, unknown fields left
 * out, unknown enum numbers as numbers.
 *
 * @param bytes the message's protobuf bytes
 * @throws {MalformedMessageError} if the bytes are not a message of this type, or hold a string that is not UTF-8 or a time that
 *   JSON cannot express
 */
export function messageToJson(type: Message, bytes: Uint8Array): string {
  const layout = layoutOf(type);
  try {
    return new JsonWriter(bytes).write(layout);
  } catch (error) {
    // A time may be none where a part of it stands, and be one when its other part has been read.
    if (error !== notInNormalForm && !(error instanceof MalformedMessageError)) throw error;
    return new JsonWriter(normalForm(type, bytes)).write(layout);
  }
}

/** Thrown, and caught above, where a message was written in an unusual way. */
const notInNormalForm = new Error('not in normal form');

const comma = 0x2c;
const colon = 0x3a;
const quote = 0x22;
const backslash = 0x5c;

/** For each byte: 0 as it is; 1 not ASCII; otherwise the letter after a backslash, `u` for the long form. */
const escapes = new Uint8Array(256);
escapes.fill(0x75, 0, 0x20);
escapes.fill(1, 0x80);
for (const [character, letter] of ['""', '\\\\', '\bb', '\ff', '\nn', '\rr', '\tt']) {
  escapes[character!.charCodeAt(0)] = letter!.charCodeAt(0);
}

/**
 * Whether four bytes are ASCII that JSON writes as it is: in each, no high bit, at least a space, no `"`, no `\`.
 *
 * All four at once: a byte b below 0x80 gives b + 0x60 >= 0x80 exactly if b >= 0x20, and (b ^ c) + 0x7f >= 0x80 exactly if
 * b is not c, so each high bit is an answer. Such sums are at most 0x7f + 0x7f = 0xfe: nothing is carried into the next byte.
 * A byte with a high bit may carry, but it also clears its own bit in `~word`, and then the whole is false in any case.
 * Sums above 32 bits are exact in a double, and `&` takes their low 32 bits.
 */
function isPlain(word: number): boolean {
  const control = word + 0x60606060;
  const quotes = (word ^ 0x22222222) + 0x7f7f7f7f;
  const backslashes = (word ^ 0x5c5c5c5c) + 0x7f7f7f7f;
  return (control & quotes & backslashes & ~word & 0x80808080) === (0x80808080 | 0);
}

/** Where answers are written before they become strings: making new memory for each costs more than writing it. */
let scratch = memoryOf(32 * 1024);

/** Scratch memory that is kept from one answer to the next, in bytes. */
const keptScratchLimit = 4 << 20;

interface Memory {
  readonly bytes: Buffer;
  /** The same bytes, for words of four. */
  readonly view: DataView;
}

function memoryOf(length: number): Memory {
  const bytes = Buffer.allocUnsafeSlow(length);
  return { bytes, view: viewOf(bytes) };
}

class JsonWriter {
  private out = scratch.bytes;
  private view = scratch.view;
  /** From here on there is less room than `spareBytes`. */
  private spareEnd = scratch.bytes.length - spareBytes;
  private at = 0;
  private isAscii = true;
  private readonly reader: WireReader;
  private readonly input: DataView;

  constructor(bytes: Uint8Array) {
    this.reader = new WireReader(bytes);
    this.input = viewOf(bytes);
  }

  write(layout: MessageLayout): string {
    this.message(layout, this.reader.end);
    const { out, view, at } = this;
    if (out.length > scratch.bytes.length && out.length <= keptScratchLimit) scratch = { bytes: out, view };
    if (this.isAscii) return out.toString('latin1', 0, at);
    // Strings cannot make one another valid: quotes, which are ASCII, stand between them.
    if (!isUtf8(out.subarray(0, at))) throw new MalformedMessageError('a string is not UTF-8');
    return out.toString('utf8', 0, at);
  }

  /** Makes room for `count` more bytes, and for `spareBytes` after them. */
  private grow(count: number): void {
    const { bytes, view } = memoryOf(Math.max(this.at + count + spareBytes, this.out.length * 2));
    this.out.copy(bytes, 0, 0, this.at);
    this.out = bytes;
    this.view = view;
    this.spareEnd = bytes.length - spareBytes;
  }

  /** Writes the message that stands from the reader's position to `end`. */
  private message(layout: MessageLayout, end: number): void {
    const { reader } = this;
    const outerEnd = reader.end;
    reader.end = end;
    if (this.at > this.spareEnd) this.grow(0);
    const start = this.at;
    let last = 0;
    let oneofsSeen = 0;
    let close = 0;
    let mapKeys: Set<string> | undefined;
    while (reader.position < end) {
      const tag = reader.readTag();
      const field = layout[tag];
      if (field === undefined) {
        reader.skip(tag);
        continue;
      }
      const again = tag === last;
      if (tag < last || (again && !field.many) || (oneofsSeen & field.oneofBit) !== 0) throw notInNormalForm;
      oneofsSeen |= field.oneofBit;
      last = tag;
      if (close !== 0 && !again) {
        this.out[this.at++] = close;
        close = 0;
      }
      const isInteger = (tag & 7) === WireType.varint;
      const integer = isInteger ? readInteger(reader) : 0;
      const valueEnd = isInteger ? 0 : reader.readLength() + reader.position;
      if (field.implicit && isDefault(field, isInteger, integer, valueEnd - reader.position)) continue;
      if (this.at > this.spareEnd) this.grow(0);
      if (again) {
        this.out[this.at++] = comma;
      } else {
        this.ascii(field.prefix);
        close = field.close;
      }
      if (isInteger) {
        this.integer(field, integer);
      } else if (field.kind === 'string') {
        this.string(reader.position, valueEnd);
        reader.position = valueEnd;
      } else if (field.kind === 'message') {
        this.message(field.inner(), valueEnd);
      } else {
        reader.end = valueEnd;
        if (field.many) this.mapEntry(valueEnd, (mapKeys = again ? mapKeys! : new Set()));
        else this.time(field, valueEnd);
        reader.end = end;
      }
    }
    reader.end = outerEnd;
    if (this.at > this.spareEnd) this.grow(0);
    if (close !== 0) this.out[this.at++] = close;
    // The brace takes the place of the comma before the first field.
    if (this.at === start) this.at++;
    this.out[start] = 0x7b;
    this.out[this.at++] = 0x7d;
  }

  private integer({ kind, values }: FieldLayout, integer: number | bigint): void {
    if (kind === 'bool') {
      this.text(integer === 0 || integer === 0n ? 'false' : 'true');
    } else if (kind === 'int64') {
      this.out[this.at++] = quote;
      if (typeof integer === 'number') this.digits(integer);
      else this.text(String(integer));
      this.out[this.at++] = quote;
    } else {
      const number = toInt32(integer);
      const value = values[number];
      if (value === undefined) this.text(String(number));
      else this.ascii(value);
    }
  }

  /** Writes the Timestamp or Duration that stands from the reader's position to `end`. */
  private time(field: FieldLayout, end: number): void {
    const { seconds, nanos } = readTime(this.reader, end);
    this.out[this.at++] = quote;
    const write = field.kind === 'timestamp' ? writeTimestamp : writeDuration;
    this.at = write(this.out, this.at, seconds, nanos);
    this.out[this.at++] = quote;
  }

  /** Writes the entry of a map that stands from the reader's position to `end`. */
  private mapEntry(end: number, keysSeen: Set<string>): void {
    const { key, value } = readMapEntry(this.reader, end);
    const start = this.at;
    this.string(key.start, key.end);
    const name = this.out.toString('latin1', start, this.at);
    if (keysSeen.size === keysSeen.add(name).size) throw notInNormalForm;
    this.out[this.at++] = colon;
    this.string(value.start, value.end);
  }

  /** Text that is at hand in words, for which there is room. */
  private ascii({ words, length }: Ascii): void {
    const { view, at } = this;
    for (let index = 0; index < words.length; index++) view.setInt32(at + index * 4, words[index]!, true);
    this.at = at + length;
  }

  /** Text of a few ASCII characters, for which there is room. */
  private text(text: string): void {
    const { out } = this;
    let { at } = this;
    for (let index = 0; index < text.length; index++) out[at++] = text.charCodeAt(index);
    this.at = at;
  }

  /** A whole number from 0 to 2^53, for which there is room. */
  private digits(integer: number): void {
    let width = 1;
    for (let power = 10; integer >= power; power *= 10) width++;
    writeDigits(this.out, this.at, integer, width);
    this.at += width;
  }

  private string(start: number, end: number): void {
    const longest = (end - start) * 6;
    if (this.at + longest > this.spareEnd) this.grow(longest);
    const { out, view, input } = this;
    let { at } = this;
    out[at++] = quote;
    let index = start;
    while (index < end) {
      for (; index + 4 <= end; index += 4, at += 4) {
        const word = input.getInt32(index, true);
        if (!isPlain(word)) break;
        view.setInt32(at, word, true);
      }
      const left = end - index;
      if (left < 4 && end - start >= 4) {
        // The last four bytes, of which some are there already: as they are if they are plain.
        const word = input.getInt32(end - 4, true);
        if (isPlain(word)) {
          at += left;
          view.setInt32(at - 4, word, true);
          break;
        }
      }
      for (const stop = Math.min(index + 4, end); index < stop; index++) {
        const byte = input.getUint8(index);
        const escape = escapes[byte]!;
        if (escape > 1) {
          out[at++] = backslash;
          out[at++] = escape;
          if (escape === 0x75) at += out.write(byte.toString(16).padStart(4, '0'), at, 'latin1');
          continue;
        }
        if (escape === 1) this.isAscii = false;
        out[at++] = byte;
      }
    }
    out[at++] = quote;
    this.at = at;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function isDefault(
  field: FieldLayout,
  isInteger: boolean,
  integer: number | bigint,
  length: number,
): boolean {
  if (!isInteger) return length === 0 && field.kind === 'string';
  if (field.kind === 'enum' || field.kind === 'int32') return toInt32(integer) === 0;
  return integer === 0 || integer === 0n;
}
