import { describe, expect, it } from '@jest/globals';
import { createSteadyClock } from '../../lib/runtime/steady-clock.ts';

describe('a steady clock', () => {
  const sources = { day: 1_000_000, monotonic: 500 };
  const clock = createSteadyClock({ timeOfDay: () => sources.day, monotonic: () => sources.monotonic });

  it('goes with the time of day, on where that is set back, and forward with it where it is ahead', () => {
    const pass = (dayMs: number, monotonicMs: number): number => {
      sources.day += dayMs;
      sources.monotonic += monotonicMs;
      return clock();
    };
    expect(clock()).toBe(1_000_000);
    expect(pass(10, 10)).toBe(1_000_010);
    // Set back by an hour while a second passed.
    expect(pass(1000 - 3_600_000, 1000)).toBe(1_001_010);
    expect(pass(1000, 1000)).toBe(1_002_010);
    // And right again; then frozen for ten minutes.
    expect(pass(3_600_000, 0)).toBe(1_002_010);
    expect(pass(600_000, 0)).toBe(1_602_010);
    // A tick of one that the other has not seen yet counts once.
    expect(pass(1, 0)).toBe(1_602_011);
    expect(pass(0, 1)).toBeLessThanOrEqual(1_602_012);
  });
});
