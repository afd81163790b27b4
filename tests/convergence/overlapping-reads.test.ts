import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lastReadWins, type Circumstances } from './overlapping-reads.ts';

const runs = Number(process.env['READ_RUNS'] ?? 2000);
const check = (circumstances: Circumstances) =>
  fc.check(lastReadWins(circumstances), { numRuns: runs, seed: 1 });

describe('reads that overlap each other and changes of the job', () => {
  it('end in what upstream has, once one is merged that began after the last change', async () => {
    await fc.assert(lastReadWins({ revision: 'begin', skew: 0, wait: 0 }), { numRuns: runs });
  });

  it('would not, if the revision were the moment when a read ends', async () => {
    const { failed } = await check({ revision: 'end', skew: 0, wait: 0 });
    expect(failed).toBe(true);
  });

  it('end in what upstream has though clocks differ, once one began as long after the last change', async () => {
    const { failed } = await check({ revision: 'begin', skew: 50, wait: 51 });
    expect(failed).toBe(false);
  });

  it('need that time: a fast clock hides what a slow one sees for as long as they differ', async () => {
    const { failed } = await check({ revision: 'begin', skew: 50, wait: 0 });
    expect(failed).toBe(true);
  });
});
