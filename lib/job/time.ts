import { MalformedMessageError } from './wire.ts';

const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;
const longestDuration = 315_576_000_000;

/**
 * A google.protobuf.Timestamp in its JSON form: RFC 3339 in UTC, with 0, 3, 6 or 9 digits of fraction.
 *
 * @param seconds since 1970, from year 1 to year 9999
 * @param nanos 0 to 999,999,999, counting forward from the second, also before 1970
 * @throws {MalformedMessageError} outside those ranges
 * @example
 * formatTimestamp(0, 500_000_000); // '1970-01-01T00:00:00.500Z'
 */
export function formatTimestamp(seconds: number, nanos: number): string {
  if (seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos > 999_999_999) {
    throw new MalformedMessageError('a timestamp is outside the years 1 to 9999');
  }
  const day = Math.floor(seconds / 86_400);
  const second = seconds - day * 86_400;
  const minute = Math.floor(second / 60);
  const clock = `${twoDigits[Math.floor(minute / 60)]!}:${twoDigits[minute % 60]!}:${twoDigits[second % 60]!}`;
  return `${formatDay(day)}T${clock}${fraction(nanos)}Z`;
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** The times of one job are mostly of one day, and a date takes longer to write than all the rest. */
let lastDay = { day: 0, text: '1970-01-01' };

/** @param day since 1970 */
function formatDay(day: number): string {
  if (day !== lastDay.day) lastDay = { day, text: new Date(day * 86_400_000).toISOString().slice(0, 10) };
  return lastDay.text;
}

/**
 * A google.protobuf.Duration in its JSON form: seconds with 0, 3, 6 or 9 digits of fraction, and an `s`.
 *
 * @param seconds at most 315,576,000,000 either way
 * @param nanos at most 999,999,999 either way, of the same sign as the seconds
 * @throws {MalformedMessageError} outside those ranges
 * @example
 * formatDuration(-1, -500_000_000); // '-1.500s'
 */
export function formatDuration(seconds: number, nanos: number): string {
  const outOfRange = seconds < -longestDuration || seconds > longestDuration || Math.abs(nanos) > 999_999_999;
  if (outOfRange || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) {
    throw new MalformedMessageError('a duration is outside 10,000 years, or its parts differ in sign');
  }
  const negative = seconds < 0 || nanos < 0;
  const wholeSeconds = String(Math.abs(seconds));
  return `${negative ? '-' : ''}${wholeSeconds}${fraction(Math.abs(nanos))}s`;
}

/** The shortest of 0, 3, 6 and 9 digits that loses nothing. */
function fraction(nanos: number): string {
  if (nanos === 0) return '';
  if (nanos % 1_000_000 === 0) return `.${String(nanos / 1_000_000).padStart(3, '0')}`;
  const digits = String(nanos).padStart(9, '0');
  if (nanos % 1000 === 0) return `.${digits.slice(0, 6)}`;
  return `.${digits}`;
}
