/**
 * The protobuf wire format, as far as a Job can be handled without decoding it.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */

/** The bytes are not a protobuf message, or hold a value that a Job cannot hold. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

export const WireType = {
  varint: 0,
  fixed64: 1,
  lengthDelimited: 2,
  startGroup: 3,
  endGroup: 4,
  fixed32: 5,
} as const;

/** Groups in groups that are followed before the bytes are refused; the limit that protobuf's own readers share. */
const groupDepthLimit = 100;

/** Reads a message's records one after another. Keeps no state but its position and its end. */
export class WireReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Where the message ends. Whoever reads a message inside it may set this to that one's end, and back. */
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  /** A tag: field number << 3 | wire type, at most 32 bits. */
  readTag(): number {
    const tag = this.readVarint32();
    if (tag >>> 3 === 0) throw new MalformedMessageError('a field has the number 0');
    return tag;
  }

  /** A varint of at most 32 bits, unsigned: tags and lengths. */
  readVarint32(): number {
    const byte = this.position < this.end ? this.bytes[this.position]! : 0x80;
    if (byte >= 0x80) return this.readLongVarint32();
    this.position++;
    return byte;
  }

  private readLongVarint32(): number {
    const { bytes, end } = this;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.position >= end) throw new MalformedMessageError('the message ends inside a varint');
      const byte = bytes[this.position++]!;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new MalformedMessageError('a tag or a length does not fit in 32 bits');
  }

  /** A varint as a signed 64-bit integer, as int64 and enums are written. */
  readInt64(): bigint {
    const { bytes, end } = this;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.position >= end) throw new MalformedMessageError('the message ends inside a varint');
      const byte = bytes[this.position++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new MalformedMessageError('a varint is longer than ten bytes');
  }

  /** The length of a length-delimited value that is all there; the position is then its first byte. */
  readLength(): number {
    const length = this.readVarint32();
    if (length > this.end - this.position) {
      throw new MalformedMessageError('a length goes past the end of its message');
    }
    return length;
  }

  /** A length-delimited value, as a view. */
  readBytes(): Uint8Array {
    const length = this.readLength();
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** Goes past the value that follows `tag`. */
  skip(tag: number): void {
    // Most values have a length: this much is small enough to be inlined.
    if ((tag & 7) === WireType.lengthDelimited) {
      const length = this.readLength();
      this.position += length;
    } else {
      this.skipWithoutLength(tag);
    }
  }

  private skipWithoutLength(tag: number): void {
    switch (tag & 7) {
      case WireType.varint:
        this.skipVarint();
        return;
      case WireType.fixed64:
        this.advance(8);
        return;
      case WireType.startGroup:
        this.skipGroup(tag >>> 3);
        return;
      case WireType.fixed32:
        this.advance(4);
        return;
      default:
        throw new MalformedMessageError(
          `field ${String(tag >>> 3)} has the impossible wire type ${String(tag & 7)}`,
        );
    }
  }

  private skipVarint(): void {
    const limit = Math.min(this.end, this.position + 10);
    while (this.position < limit) if (this.bytes[this.position++]! < 0x80) return;
    throw new MalformedMessageError(
      limit === this.end ? 'the message ends inside a varint' : 'a varint is longer than ten bytes',
    );
  }

  private advance(count: number): void {
    if (count > this.end - this.position) throw new MalformedMessageError('the message ends inside a value');
    this.position += count;
  }

  private skipGroup(fieldNumber: number): void {
    const open = [fieldNumber];
    while (open.length > 0) {
      const tag = this.readTag();
      if ((tag & 7) === WireType.endGroup) {
        if (open.pop() !== tag >>> 3) throw new MalformedMessageError('a group ends that was not open');
      } else if ((tag & 7) === WireType.startGroup) {
        if (open.push(tag >>> 3) > groupDepthLimit)
          throw new MalformedMessageError('groups are nested too deeply');
      } else {
        this.skip(tag);
      }
    }
  }
}

/** An int64, as a number where it is surely exact: in seven bytes there are 49 bits. */
export function readInteger(reader: WireReader): number | bigint {
  const { bytes, end } = reader;
  if (reader.position < end && bytes[reader.position]! < 0x80) return bytes[reader.position++]!;
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

/** What a reader makes of a varint that should be an int32 or the number of an enum. */
export function toInt32(integer: number | bigint): number {
  return typeof integer === 'number' ? integer | 0 : Number(BigInt.asIntN(32, integer));
}

/** Collects the records of a message. */
export class WireWriter {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** Records that are already encoded. */
  raw(bytes: Uint8Array): this {
    this.chunks.push(bytes);
    this.length += bytes.length;
    return this;
  }

  varint(value: number | bigint): this {
    return this.raw(encodeVarint(value));
  }

  tag(fieldNumber: number, wireType: number): this {
    return this.varint(fieldNumber * 8 + wireType);
  }

  lengthDelimited(fieldNumber: number, value: Uint8Array): this {
    return this.tag(fieldNumber, WireType.lengthDelimited).varint(value.length).raw(value);
  }

  finish(): Uint8Array {
    return concatenate(this.chunks, this.length);
  }
}

/** Unsigned LEB128; a negative number in its 64-bit two's complement, as protobuf writes int64. */
export function encodeVarint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  if (typeof value === 'number' && value >= 0) {
    while (value >= 0x80) {
      out.push((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    out.push(value);
    return Uint8Array.from(out);
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** The chunks end to end; the one chunk itself where there is only one. */
export function concatenate(chunks: readonly Uint8Array[], length?: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(length ?? chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}

/**
 * A message's top-level fields: for each field number its records, tags included, in the order in which they stand.
 * The numbers are in ascending order, so that joining them again gives the message's one canonical order of fields.
 */
export type Fields = ReadonlyMap<number, Uint8Array>;

/**
 * Splits a message into its top-level fields, known or not. The records are views of `message`.
 *
 * @throws {MalformedMessageError} where the bytes are not a message
 */
export function splitFields(message: Uint8Array): Fields {
  const records = new Map<number, Uint8Array[]>();
  const reader = new WireReader(message);
  let runNumber = 0;
  let runStart = 0;
  let sorted = true;
  const closeRun = (end: number): void => {
    if (runNumber === 0) return;
    const run = message.subarray(runStart, end);
    const known = records.get(runNumber);
    if (known === undefined) records.set(runNumber, [run]);
    else known.push(run);
  };
  while (!reader.atEnd) {
    const start = reader.position;
    const tag = reader.readTag();
    const number = tag >>> 3;
    reader.skip(tag);
    if (number !== runNumber) {
      closeRun(start);
      sorted &&= number > runNumber;
      runNumber = number;
      runStart = start;
    }
  }
  closeRun(message.length);
  const entries = [...records].map(([number, runs]): [number, Uint8Array] => [number, concatenate(runs)]);
  if (!sorted) entries.sort(([a], [b]) => a - b);
  return new Map(entries);
}

/** The message that has these fields. A field without bytes is an absent one. */
export function joinFields(fields: Fields): Uint8Array {
  return concatenate([...fields.values()]);
}
