import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { BackfillProgress } from '../../lib/store/backfill-progress.ts';
import { soon, TestClock, type Engine } from './engine.ts';

/** What `lib/store/backfill-progress.ts` promises. */
export function describeBackfillProgress(name: string, start: () => Promise<Engine>): void {
  describe(`BackfillProgress of ${name}`, () => {
    let engine: Engine;
    let backfills: BackfillProgress;

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());
    beforeEach(async () => {
      ({ backfills } = await engine.open(new TestClock().now));
    });

    it('knows nothing of a project whose backfill has not begun', async () => {
      expect(await backfills.read('p1', soon())).toBeUndefined();
    });

    it('keeps how far each project is, until that is cleared', async () => {
      const [first, second] = [
        { pageToken: 'a/b=', jobs: 100 },
        { pageToken: 'c', jobs: 200 },
      ];
      await backfills.write('p1', first, soon());
      await backfills.write('p2', first, soon());
      await backfills.write('p1', second, soon());
      expect(await backfills.read('p1', soon())).toEqual(second);
      await backfills.clear('p1', soon());
      expect(await backfills.read('p1', soon())).toBeUndefined();
      expect(await backfills.read('p2', soon())).toEqual(first);
      await backfills.clear('p1', soon());
    });

    it('raises DEADLINE_EXCEEDED in every call whose deadline has passed, and writes nothing', async () => {
      const deadline = new Deadline(0);
      for (const call of [
        () => backfills.read('p1', deadline),
        () => backfills.write('p1', { pageToken: 'a', jobs: 1 }, deadline),
        () => backfills.clear('p1', deadline),
      ])
        await expect(call()).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
      expect(await backfills.read('p1', soon())).toBeUndefined();
    });
  });
}
