import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { tombstone, type Document, type LiveDocument } from '../../lib/job/document.ts';
import { merge, patchDocument, sameDocument } from '../../lib/job/merge.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { Expectation, JobStore, ReadMeter } from '../../lib/store/job-store.ts';
import { incompressible, jobBytes, snapshotOf } from '../support/documents.ts';
import { get as getFrom, put as putInto, soon, TestClock, type Engine, type Exceptions } from './engine.ts';

/** What `lib/store/job-store.ts` promises. */
export function describeJobStore(name: string, start: () => Promise<Engine>, exceptions: Exceptions): void {
  describe(`JobStore of ${name}`, () => {
    let engine: Engine;
    let jobs: JobStore;
    let clock: TestClock;

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());
    beforeEach(async () => {
      clock = new TestClock();
      ({ jobs } = await engine.open(clock.now));
    });

    const get = (id?: string) => getFrom(jobs, id);
    const put = (document: Document, expectation?: Expectation, id?: string) =>
      putInto(jobs, document, expectation, id);

    it('gives nothing of a job that was never written', async () => {
      expect(await get()).toBeUndefined();
    });

    it('gives back what was written, with the time of the write and of the read', async () => {
      const document = snapshotOf({ name: 'a', status: 4 }, 5);
      const syncedAt = clock.now();
      expect(await put(document)).toEqual({ written: true });
      clock.ms += 1000;
      expect(await get()).toMatchObject({ document, syncedAt, readAtMs: clock.ms });
    });

    it('keeps each job apart, whatever its id', async () => {
      const ids = ['a', 'A', '_', '-', 'a'.repeat(63), 'a'.repeat(64), 'head', 'toString', '__proto__'];
      for (const [index, id] of ids.entries()) await put(snapshotOf({ id }, index + 1), undefined, id);
      for (const [index, id] of ids.entries())
        expect((await get(id))!.document).toEqual(snapshotOf({ id }, index + 1));
    });

    it('keeps what was written, even if the writer changes its bytes afterwards', async () => {
      const job = Buffer.from(jobBytes({ name: 'a' }));
      await put({ deleted: false, job, snapshotRevision: 1n, later: [] });
      job.fill(0);
      expect((await get())!.document).toEqual(snapshotOf({ name: 'a' }, 1));
    });

    it('keeps revisions of 64 bits', async () => {
      const document = { ...snapshotOf({ name: 'a' }, 1), snapshotRevision: 2n ** 63n - 1n };
      await put(document);
      expect((await get())!.document).toEqual(document);
      expect(await put({ ...document, snapshotRevision: 2n ** 63n - 2n })).toMatchObject({ written: false });
    });

    it('gives back patches that wait for their snapshot, and those newer than it', async () => {
      const patch = patchDocument(jobBytes({ name: 'b' }), [2, 6], 7n);
      await put(patch, { unchangedFrom: undefined });
      const waiting = (await get())!;
      expect(waiting.document).toEqual(patch);
      const merged = merge(patch, snapshotOf({ name: 'a', status: 2 }, 5));
      await put(merged, { unchangedFrom: waiting });
      expect((await get())!.document).toEqual(merged);
    });

    it('replaces what is older without a read, and nothing else', async () => {
      await put(snapshotOf({ name: 'old' }, 5));
      expect(await put(snapshotOf({ name: 'new' }, 6))).toEqual({ written: true });
      for (const revision of [5, 6]) {
        const result = await put(snapshotOf({ name: 'late' }, revision));
        expect(result).toMatchObject({
          written: false,
          current: { document: snapshotOf({ name: 'new' }, 6) },
        });
      }
      expect((await get())!.document).toEqual(snapshotOf({ name: 'new' }, 6));
    });

    it('replaces patches that wait for a snapshot by a newer snapshot without a read, not by an older one', async () => {
      await put(patchDocument(jobBytes({ name: 'b' }), [2], 7n), { unchangedFrom: undefined });
      expect(await put(snapshotOf({ name: 'a' }, 6))).toMatchObject({ written: false });
      expect(await put(snapshotOf({ name: 'a' }, 8))).toEqual({ written: true });
    });

    it('does not replace a document with a newer patch, though its snapshot is older', async () => {
      const document = merge(snapshotOf({ name: 'a' }, 3), patchDocument(jobBytes({ name: 'b' }), [2], 9n));
      await put(document);
      expect(await put(snapshotOf({ name: 'c' }, 8))).toMatchObject({
        written: false,
        current: { document },
      });
    });

    it('refuses to write patches alone without a read', async () => {
      await expect(put(patchDocument(jobBytes({ name: 'b' }), [2], 7n))).rejects.toThrow('patches alone');
      expect(await get()).toBeUndefined();
    });

    it('writes what was merged only over what it was merged from', async () => {
      await put(snapshotOf({ name: 'a' }, 1));
      const read = (await get())!;
      expect(await put(snapshotOf({ name: 'b' }, 2), { unchangedFrom: read })).toEqual({ written: true });
      const late = await put(snapshotOf({ name: 'c' }, 3), { unchangedFrom: read });
      expect(late).toMatchObject({ written: false, current: { document: snapshotOf({ name: 'b' }, 2) } });
      const asIfNew = await put(snapshotOf({ name: 'd' }, 4), { unchangedFrom: undefined });
      expect(asIfNew).toMatchObject({ written: false, current: { document: snapshotOf({ name: 'b' }, 2) } });
    });

    it('does not write what was merged from a document that is no longer there', async () => {
      await put(snapshotOf({ name: 'a' }, 1));
      const unchangedFrom = await get();
      const written = await put(snapshotOf({ name: 'b' }, 2), { unchangedFrom }, 'j2');
      expect(written).toEqual({ written: false, current: undefined });
      expect(await get('j2')).toBeUndefined();
    });

    it('tells two writes of one document apart', async () => {
      await put(snapshotOf({ name: 'a' }, 1));
      const read = (await get())!;
      expect(await put(snapshotOf({ name: 'a' }, 1), { unchangedFrom: read })).toEqual({ written: true });
      expect(await put(snapshotOf({ name: 'b' }, 2), { unchangedFrom: read })).toMatchObject({
        written: false,
      });
      expect((await get())!.generation).not.toBe(read.generation);
    });

    it('gives with a lost race what the next try is to be merged from', async () => {
      await put(snapshotOf({ name: 'a' }, 2));
      const lost = await put(snapshotOf({ name: 'b' }, 1));
      const current = lost.written ? undefined : lost.current;
      expect(await put(snapshotOf({ name: 'c' }, 3), { unchangedFrom: current })).toEqual({ written: true });
      expect((await get())!.document).toEqual(snapshotOf({ name: 'c' }, 3));
    });

    it.each([
      ['something was read', true],
      ['there was nothing', false],
    ])('lets exactly one of many racing writers win after %s', async (_, isThere) => {
      if (isThere) await put(snapshotOf({ name: 'a' }, 1));
      const unchangedFrom = await get();
      const racers = Array.from({ length: 8 }, (__, index) =>
        put(snapshotOf({ name: `r${index}` }, 2 + index), { unchangedFrom }),
      );
      const results = await Promise.all(racers);
      const winner = results.findIndex(({ written }) => written);
      const { document } = (await get())!;
      expect(document).toEqual(snapshotOf({ name: `r${winner}` }, 2 + winner));
      const losers = results.filter((result) => !result.written);
      expect(losers).toHaveLength(7);
      for (const { current } of losers) expect(current!.document).toEqual(document);
    });

    it('keeps a tombstone against everything, a write that was merged from it too', async () => {
      await put(incompressible(900_000, 5));
      expect(await put(tombstone)).toEqual({ written: true });
      const refused = { written: false, current: { document: tombstone } };
      expect(await put(tombstone)).toMatchObject(refused);
      expect(await put(snapshotOf({}, 100))).toMatchObject(refused);
      expect(await put(snapshotOf({}, 100), { unchangedFrom: await get() })).toMatchObject(refused);
      expect(await put(snapshotOf({}, 100), { unchangedFrom: undefined })).toMatchObject(refused);
      expect((await get())!.document).toEqual(tombstone);
    });

    it('keeps a tombstone of a job that it never had', async () => {
      const deletedAt = clock.now();
      expect(await put(tombstone)).toEqual({ written: true });
      expect(await get()).toMatchObject({ document: tombstone, syncedAt: deletedAt });
      clock.ms = clock.in(29 * 86_400).getTime();
      expect(await get()).toMatchObject({ document: tombstone });
    });

    const itForgets = exceptions.expiry === undefined ? it : it.skip;
    itForgets(`forgets a tombstone after its days${reasonOf(exceptions.expiry)}`, async () => {
      await put(tombstone);
      await put(snapshotOf({ id: 'j2' }, 1), undefined, 'j2');
      clock.ms = clock.in(31 * 86_400).getTime();
      expect(await get()).toBeUndefined();
      expect(await put(snapshotOf({ name: 'again' }, 1))).toEqual({ written: true });
      expect((await get())!.document).toEqual(snapshotOf({ name: 'again' }, 1));
      expect((await get('j2'))!.document).toEqual(snapshotOf({ id: 'j2' }, 1));
    });

    it('keeps documents of every size, as they grow and shrink', async () => {
      for (const [size, revision] of [
        [300_000, 1],
        [900_000, 2],
        [2_000_000, 3],
        [600_000, 4],
        [10, 5],
      ] as const) {
        const document = incompressible(size, revision);
        expect(await put(document)).toEqual({ written: true });
        expect(sameDocument((await get())!.document, document)).toBe(true);
      }
    });

    it('refuses a document of more than 4 MiB, and keeps what it had', async () => {
      await put(snapshotOf({ name: 'small' }, 1));
      await expect(put(incompressible(4_500_000, 2))).rejects.toMatchObject({
        reason: 'DOCUMENT_TOO_LARGE',
        code: 'RESOURCE_EXHAUSTED',
        message: expect.stringMatching(/^the job .* bytes.* at most 4194304/) as unknown,
      });
      expect((await get())!.document).toEqual(snapshotOf({ name: 'small' }, 1));
    });

    it('never shows a mixture of two large documents to a reader while they are replaced', async () => {
      const documents = Array.from({ length: 6 }, (_, index) => incompressible(900_000, index + 1));
      await put(documents[0]!);
      const state = { writing: true };
      const writer = (async () => {
        for (const document of documents.slice(1)) await put(document);
        state.writing = false;
      })();
      let reads = 0;
      for (let last = 0n; state.writing || reads < 3; reads++) {
        const document = (await get())!.document as LiveDocument;
        const written = documents.find((one) => one.snapshotRevision === document.snapshotRevision);
        expect(Buffer.compare(document.job, written!.job)).toBe(0);
        expect(written!.snapshotRevision!).toBeGreaterThanOrEqual(last);
        last = written!.snapshotRevision!;
      }
      await writer;
    });

    it('leaves the document alone when it removes leftovers, of a job that it has and of one that it has not', async () => {
      await put(incompressible(900_000, 1));
      clock.ms += 24 * 3_600_000;
      await jobs.removeLeftovers('j1', soon());
      await jobs.removeLeftovers('j2', soon());
      expect((await get())!.document).toMatchObject({ snapshotRevision: 1n });
    });

    it('shows a caller only jobs of projects that they may read', async () => {
      await put(snapshotOf({ projectId: 'p1' }, 1));
      const read = (...readable: readonly string[]) => {
        const caller = { mayRead: (projectId: string) => readable.includes(projectId) };
        return jobs.get('j1', { consistent: false, deadline: soon(), caller });
      };
      expect(await read('p1')).toMatchObject({ document: { snapshotRevision: 1n } });
      expect(await read('p2', 'p')).toBeUndefined();
    });

    it('adds to the meter of whoever reads', async () => {
      await put(snapshotOf({}, 1));
      const meter: ReadMeter = { reads: 1, latencyMs: 5, readUnits: 2 };
      for (const id of ['j1', 'no-such-job'])
        await jobs.get(id, { consistent: true, deadline: soon(), meter });
      expect(meter.reads).toBe(3);
      expect(meter.latencyMs).toBeGreaterThanOrEqual(5);
      expect(meter.readUnits).toBeGreaterThanOrEqual(2);
    });

    it('raises DEADLINE_EXCEEDED in every call whose deadline has passed, and writes nothing', async () => {
      const deadline = new Deadline(0);
      const document = snapshotOf({}, 1);
      for (const call of [
        () => jobs.get('j1', { consistent: true, deadline }),
        () => jobs.put('j1', document, { expect: 'nothing-newer', deadline }),
        () => jobs.removeLeftovers('j1', deadline),
      ])
        await expect(call()).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
      expect(await get()).toBeUndefined();
    });
  });
}

function reasonOf(exception: string | undefined): string {
  return exception === undefined ? '' : ` (not here: ${exception})`;
}
