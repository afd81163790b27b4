import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { RefreshState } from '../../lib/store/refresh-leases.ts';
import { soon, TestClock, type Engine, type Ports } from './engine.ts';

/** What `lib/store/refresh-leases.ts` promises. */
export function describeRefreshLeases(name: string, start: () => Promise<Engine>): void {
  describe(`RefreshLeases of ${name}`, () => {
    let engine: Engine;
    let ports: Ports;
    let clock: TestClock;

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());
    beforeEach(async () => {
      clock = new TestClock();
      ports = await engine.open(clock.now);
    });

    const acquire = (holder: string, projectId = 'p1') =>
      ports.leases.acquire(projectId, holder, clock.in(60), soon());
    const update = (holder: string, state: RefreshState, until = clock.in(60)) =>
      ports.leases.update('p1', holder, state, { until, deadline: soon() });
    const read = () => ports.states.read('p1', soon());

    const noRounds = { sweepPages: 0 };
    const someRounds = (): RefreshState => ({
      roundAt: clock.in(-1),
      recordedAt: clock.now(),
      previousRoundAt: clock.in(-10),
      sweepAt: clock.in(-20),
      sweepPages: 3,
    });

    it('gives the lease of a project to one holder at a time', async () => {
      expect(await acquire('a')).toEqual(noRounds);
      expect(await acquire('b')).toBe('held elsewhere');
      expect(await acquire('b', 'p2')).toEqual(noRounds);
      expect(await acquire('a')).toEqual(noRounds);
    });

    it('gives a lease to exactly one of many who ask at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, number) => acquire(`holder ${number}`)),
      );
      expect(answers.filter((answer) => answer !== 'held elsewhere')).toHaveLength(1);
    });

    it('gives the lease of a holder that crashed to another one when it expires', async () => {
      await acquire('a');
      clock.ms += 59_999;
      expect(await acquire('b')).toBe('held elsewhere');
      clock.ms += 1;
      expect(await acquire('b')).toEqual(noRounds);
      expect(await update('a', someRounds())).toBe(false);
      expect(await read()).toEqual(noRounds);
    });

    it('gives an expired lease to exactly one of many who ask at once', async () => {
      await acquire('a');
      clock.ms += 60_000;
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, number) => acquire(`holder ${number}`)),
      );
      expect(answers.filter((answer) => answer !== 'held elsewhere')).toHaveLength(1);
    });

    it('lets a holder write after its lease has expired, if nobody has acquired it since', async () => {
      await acquire('a');
      clock.ms += 61_000;
      expect(await update('a', someRounds())).toBe(true);
      expect(await acquire('b')).toBe('held elsewhere');
    });

    it('extends the lease with an update, and releases it with one that ends now', async () => {
      await acquire('a');
      clock.ms += 50_000;
      expect(await update('a', someRounds())).toBe(true);
      clock.ms += 50_000;
      expect(await acquire('b')).toBe('held elsewhere');
      expect(await update('a', someRounds(), clock.now())).toBe(true);
      expect(await acquire('b')).not.toBe('held elsewhere');
    });

    it('keeps what the last rounds did, for the next holder and for readers', async () => {
      await acquire('a');
      const state = someRounds();
      await update('a', state, clock.now());
      expect(await read()).toEqual(state);
      expect(await acquire('b')).toEqual(state);
      expect(await read()).toEqual(state);
    });

    it('lets nobody write who does not hold the lease', async () => {
      expect(await update('a', someRounds())).toBe(false);
      await acquire('a');
      expect(await update('b', someRounds())).toBe(false);
      expect(await read()).toEqual(noRounds);
    });

    it('knows nothing of a project without rounds', async () => {
      await acquire('a', 'p2');
      expect(await read()).toBeUndefined();
    });

    it('raises DEADLINE_EXCEEDED in every call whose deadline has passed', async () => {
      const deadline = new Deadline(0);
      const until = clock.in(60);
      for (const call of [
        () => ports.leases.acquire('p1', 'a', until, deadline),
        () => ports.leases.update('p1', 'a', someRounds(), { until, deadline }),
        () => ports.states.read('p1', deadline),
      ])
        await expect(call()).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
      expect(await read()).toBeUndefined();
    });
  });
}
