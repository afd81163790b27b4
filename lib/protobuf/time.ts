import { tagOf } from './declarations.ts';
import { TimestampSchema } from './generated/schema.ts';
import { MalformedMessageError, readInteger, toInt32, type WireReader } from './wire.ts';

/** What a google.protobuf.Timestamp or Duration holds. */
export interface Time {
  readonly seconds: number;
  readonly nanos: number;
}

/** The two fields that Timestamp and Duration have alike. */
export const [secondsTag, nanosTag] = TimestampSchema.fields.map(tagOf) as [number, number];

/**
 * Reads the Timestamp or Duration that stands from the reader's position to `end`. What is not a safe integer is far
 * outside what they may hold.
 */
export function readTime(reader: WireReader, end: number): Time {
  let seconds: number | bigint = 0;
  let nanos: number | bigint = 0;
  while (reader.position < end) {
    const tag = reader.readTag();
    if (tag === secondsTag) seconds = readInteger(reader);
    else if (tag === nanosTag) nanos = readInteger(reader);
    else reader.skip(tag);
  }
  return { seconds: Number(seconds), nanos: toInt32(nanos) };
}

const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;
const longestDuration = 315_576_000_000;

/** The longest text that is written here, in bytes. */
export const longestTimeText = 30;

/**
 * Writes a google.protobuf.Timestamp in its JSON form: RFC 3339 in UTC, with 0, 3, 6 or 9 digits of fraction.
 *
 * @param out has room for `longestTimeText` bytes from `at` on
 * @param seconds since 1970, from year 1 to year 9999
 * @param nanos 0 to 999,999,999, counting forward from the second, also before 1970
 * @returns where the text ends
 * @throws {MalformedMessageError} outside those ranges
 * @example
 * writeTimestamp(out, 0, 0, 500_000_000); // 24; out holds '1970-01-01T00:00:00.500Z'
 */
export function writeTimestamp(out: Uint8Array, at: number, seconds: number, nanos: number): number {
  if (seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos > 999_999_999) {
    throw new MalformedMessageError('a timestamp is outside the years 1 to 9999');
  }
  const day = Math.floor(seconds / 86_400);
  const second = seconds - day * 86_400;
  const minute = (second / 60) | 0;
  const date = dateOf(day);
  for (let index = 0; index < 10; index++) out[at + index] = date.charCodeAt(index);
  out[at + 10] = 0x54;
  writeDigits(out, at + 11, (minute / 60) | 0, 2);
  out[at + 13] = 0x3a;
  writeDigits(out, at + 14, minute % 60, 2);
  out[at + 16] = 0x3a;
  writeDigits(out, at + 17, second % 60, 2);
  const end = writeFraction(out, at + 19, nanos);
  out[end] = 0x5a;
  return end + 1;
}

/** The times of one job are mostly of one day, and a date takes longer to write than all the rest. */
let lastDate = { day: 0, text: '1970-01-01' };

/** @param day since 1970 */
function dateOf(day: number): string {
  if (day !== lastDate.day) lastDate = { day, text: new Date(day * 86_400_000).toISOString().slice(0, 10) };
  return lastDate.text;
}

/**
 * Writes a google.protobuf.Duration in its JSON form: seconds with 0, 3, 6 or 9 digits of fraction, and an `s`.
 *
 * @param out has room for `longestTimeText` bytes from `at` on
 * @param seconds at most 315,576,000,000 either way
 * @param nanos at most 999,999,999 either way, of the same sign as the seconds
 * @returns where the text ends
 * @throws {MalformedMessageError} outside those ranges
 * @example
 * writeDuration(out, 0, -1, -500_000_000); // 7; out holds '-1.500s'
 */
export function writeDuration(out: Uint8Array, at: number, seconds: number, nanos: number): number {
  const outOfRange = seconds < -longestDuration || seconds > longestDuration || Math.abs(nanos) > 999_999_999;
  if (outOfRange || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) {
    throw new MalformedMessageError('a duration is outside 10,000 years, or its parts differ in sign');
  }
  if (seconds < 0 || nanos < 0) out[at++] = 0x2d;
  const whole = Math.abs(seconds);
  const width = String(whole).length;
  writeDigits(out, at, whole, width);
  const end = writeFraction(out, at + width, Math.abs(nanos));
  out[end] = 0x73;
  return end + 1;
}

/** Writes a point and the shortest of 3, 6 and 9 digits that loses nothing; nothing for 0. Gives where that ends. */
function writeFraction(out: Uint8Array, at: number, nanos: number): number {
  if (nanos === 0) return at;
  out[at] = 0x2e;
  const width = nanos % 1_000_000 === 0 ? 3 : nanos % 1000 === 0 ? 6 : 9;
  writeDigits(out, at + 1, nanos / 10 ** (9 - width), width);
  return at + 1 + width;
}

/** Writes a whole number from 0 to 2^53 in `width` digits, zeros in front. */
export function writeDigits(out: Uint8Array, at: number, integer: number, width: number): void {
  let index = at + width - 1;
  let rest = integer;
  for (; rest > 0x7fffffff; index--) {
    const tenth = Math.floor(rest / 10);
    out[index] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  // What 31 bits hold is divided several times faster.
  for (let small = rest | 0; index >= at; index--) {
    const tenth = (small / 10) | 0;
    out[index] = 0x30 + (small - tenth * 10);
    small = tenth;
  }
}
