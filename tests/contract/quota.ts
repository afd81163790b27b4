import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { QuotaOptions } from '../../lib/store/quota.ts';
import { soon, TestClock, type Engine, type Ports } from './engine.ts';

/** What `lib/store/quota.ts` promises. */
export function describeQuota(name: string, start: () => Promise<Engine>): void {
  describe(`Quota of ${name}`, () => {
    let engine: Engine;
    let ports: Ports;
    let clock: TestClock;
    const waits: number[] = [];

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());
    beforeEach(async () => {
      clock = new TestClock();
      waits.length = 0;
      ports = await engine.open(clock.now);
    });

    /** The quota of a process whose waits are noted, and take no time. */
    const quota = (callsPerSecond: number, longestWaitMs: number, options: Partial<QuotaOptions> = {}) =>
      ports.quota({
        callsPerSecond,
        longestWaitMs,
        now: clock.now,
        wait: (ms) => Promise.resolve(waits.push(ms)),
        ...options,
      });

    it('spaces permits evenly, whichever process asks', async () => {
      const processes = [quota(4, 10_000), quota(4, 10_000)];
      for (const number of [0, 1, 2, 3, 4]) await processes[number % 2]!.acquire(soon());
      expect(waits).toEqual([250, 500, 750, 1000]);
    });

    it('saves no permits up: after a pause there is one at once, and not many', async () => {
      await quota(4, 10_000).acquire(soon());
      clock.ms += 60_000;
      await quota(4, 10_000).acquire(soon());
      await quota(4, 10_000).acquire(soon());
      expect(waits).toEqual([250]);
    });

    it('is not stopped for long by a machine whose clock is ahead', async () => {
      clock.ms += 3_600_000;
      await quota(1, 10_000).acquire(soon());
      clock.ms -= 3_600_000;
      await quota(1, 10_000).acquire(soon());
      await quota(1, 10_000).acquire(soon());
      expect(waits).toEqual([1000]);
    });

    it('gives permits more rarely than one a second', async () => {
      await quota(0.5, 10_000).acquire(soon());
      await quota(0.5, 10_000).acquire(soon());
      expect(waits).toEqual([2000]);
    });

    it('refuses a permit that is too far away, says when to come again, and leaves it to a process that can wait', async () => {
      const impatient = quota(1, 500);
      await impatient.acquire(soon());
      await expect(impatient.acquire(soon())).rejects.toMatchObject({
        reason: 'UPSTREAM_QUOTA_USED_UP',
        code: 'UNAVAILABLE',
        details: [{ type: 'RetryInfo', retryDelayMs: 1000 }],
      });
      await quota(1, 10_000).acquire(soon());
      expect(waits).toEqual([1000]);
    });

    it('refuses a permit to a caller whose deadline comes first', async () => {
      await quota(1, 10_000).acquire(soon());
      const hurried = quota(1, 10_000).acquire(new Deadline(300));
      await expect(hurried).rejects.toMatchObject({ reason: 'UPSTREAM_QUOTA_USED_UP' });
    });

    it('gives another permit to a process that was too busy to use its own in time', async () => {
      const busy = quota(1, 10_000, {
        wait: (ms) => {
          waits.push(ms);
          clock.ms += waits.length === 1 ? ms + 101 : ms + 100;
          return Promise.resolve();
        },
      });
      await busy.acquire(soon());
      await busy.acquire(soon());
      expect(waits).toEqual([1000, 899]);
    });

    it('gives each permit once, however many ask at the same moment', async () => {
      await Promise.all(Array.from({ length: 10 }, () => quota(10, 60_000).acquire(soon())));
      expect(waits.toSorted((a, b) => a - b)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
    });
  });
}
