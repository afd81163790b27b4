import { describe, expect, it } from '@jest/globals';
import { longestTimeText, writeDuration, writeTimestamp } from '../../lib/protobuf/time.ts';

type Write = typeof writeTimestamp;

/** What is written, at a place that is not the first. */
function written(write: Write, seconds: number, nanos: number): string {
  const out = Buffer.alloc(longestTimeText + 5);
  return out.toString('latin1', 5, write(out, 5, seconds, nanos));
}

describe('writeTimestamp', () => {
  it.each([
    [0, 0, '1970-01-01T00:00:00Z'],
    [0, 500_000_000, '1970-01-01T00:00:00.500Z'],
    [0, 1000, '1970-01-01T00:00:00.000001Z'],
    [0, 1, '1970-01-01T00:00:00.000000001Z'],
    [-1, 999_000_000, '1969-12-31T23:59:59.999Z'],
    [-62_135_596_800, 0, '0001-01-01T00:00:00Z'],
    [253_402_300_799, 999_999_999, '9999-12-31T23:59:59.999999999Z'],
  ])('writes %s s and %s ns as RFC 3339 with 0, 3, 6 or 9 digits', (seconds, nanos, text) => {
    expect(written(writeTimestamp, seconds, nanos)).toBe(text);
  });

  it.each([
    [-62_135_596_801, 0],
    [253_402_300_800, 0],
    [0, -1],
    [0, 1_000_000_000],
  ])('refuses %s s and %s ns', (seconds, nanos) => {
    expect(() => written(writeTimestamp, seconds, nanos)).toThrow(
      'a timestamp is outside the years 1 to 9999',
    );
  });
});

describe('writeDuration', () => {
  it.each([
    [0, 0, '0s'],
    [90, 500_000_000, '90.500s'],
    [-1, -500_000_000, '-1.500s'],
    [0, -1, '-0.000000001s'],
    [315_576_000_000, 0, '315576000000s'],
  ])('writes %s s and %s ns as seconds', (seconds, nanos, text) => {
    expect(written(writeDuration, seconds, nanos)).toBe(text);
  });

  it.each([
    [1, -1],
    [-1, 1],
    [315_576_000_001, 0],
    [0, 1_000_000_000],
  ])('refuses %s s and %s ns', (seconds, nanos) => {
    expect(() => written(writeDuration, seconds, nanos)).toThrow('a duration is outside 10,000 years');
  });
});
