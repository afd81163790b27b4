import { describe, expect, it } from '@jest/globals';
import { pollAfterSeconds } from '../../lib/reading/poll-after.ts';

const [creating, executing, success, cancelling, unknown] = [1, 2, 4, 7, 99];

describe('the hint when to ask again', () => {
  it.each([
    [creating, 5],
    [executing, 10],
    [cancelling, 5],
    [unknown, 10],
    [success, 300],
  ])('for status %d is %d s where only events tell of changes', (status, seconds) => {
    expect(pollAfterSeconds(status, 0, undefined)).toBe(seconds);
  });

  it('is the refresh interval for a running job that is looked at, and says nothing new of one that ended', () => {
    expect(pollAfterSeconds(creating, 0, 30)).toBe(30);
    expect(pollAfterSeconds(executing, 0, 2)).toBe(2);
    expect(pollAfterSeconds(success, 0, 2)).toBe(300);
  });

  it('grows with the time that a job has run for, up to a minute', () => {
    const hints = [60, 601, 1800, 3600, 360_000].map((ranFor) => pollAfterSeconds(executing, ranFor, 2));
    expect(hints).toEqual([2, 11, 30, 60, 60]);
  });

  it('is never shorter than the refresh interval, and whole seconds', () => {
    expect(pollAfterSeconds(executing, 360_000, 600)).toBe(600);
    expect(pollAfterSeconds(executing, 725, undefined)).toBe(13);
  });

  it('takes a job that started in the future for one that has just begun', () => {
    expect(pollAfterSeconds(executing, -3600, undefined)).toBe(10);
  });
});
