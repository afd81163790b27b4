import { describe, expect, it } from '@jest/globals';
import { callsWithCache, callsWithoutCache } from './polling-readers.ts';

const minutes = 2;

describe('readers who ask for jobs every five seconds', () => {
  it('cost upstream a call each time without the cache', async () => {
    expect(await callsWithoutCache({ readers: 1, minutes })).toEqual([12, 12]);
    expect(await callsWithoutCache({ readers: 30, minutes })).toEqual([360, 360]);
  });

  it('cost it the same with the cache, however many they are: a round every ten seconds, and a read of each new job', async () => {
    const [rounds, newJobs] = [6, 3];
    const one = await callsWithCache({ readers: 1, minutes });
    expect(one).toEqual([rounds + newJobs, rounds + newJobs]);
    expect(await callsWithCache({ readers: 300, minutes })).toEqual(one);
  }, 120_000);
});
