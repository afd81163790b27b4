import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { crc32 } from 'node:zlib';
import { tombstone, type Document } from '../../lib/job/document.ts';
import { patchDocument, snapshotDocument } from '../../lib/job/merge.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { JobIndex } from '../../lib/store/job-index.ts';
import type { JobStore } from '../../lib/store/job-store.ts';
import { jobBytes, type JobInit } from '../support/documents.ts';
import { get, put, soon, TestClock, type Engine } from './engine.ts';

/** What `lib/store/job-index.ts` promises, once the index has caught up: the engines here do not lag. */
export function describeJobIndex(name: string, start: () => Promise<Engine>): void {
  describe(`JobIndex of ${name}`, () => {
    let engine: Engine;
    let jobs: JobStore;
    let index: JobIndex;
    let clock: TestClock;

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());
    beforeEach(async () => {
      clock = new TestClock();
      ({ jobs, index } = await engine.open(clock.now));
    });

    const write = async (document: Document, id: string): Promise<void> => {
      await put(jobs, document, { unchangedFrom: await get(jobs, id) }, id);
    };
    const job = (id: string, init: Omit<JobInit, 'id'> = {}) =>
      snapshotDocument(jobBytes({ id, ...init }), 1n);
    const list = (projectId: string, dueBefore?: Date) =>
      index.list(projectId, { dueBefore, deadline: soon() });
    const ids = async (projectId: string, dueBefore?: Date): Promise<readonly string[]> =>
      [...(await list(projectId, dueBefore)).keys()].toSorted();

    it('lists each job of a project with what tells whether its document is current', async () => {
      const dataExpiresAt = clock.in(60);
      const documents = [
        job('runs', { status: 2 }),
        job('expires', { status: 4, dataExpiresAt }),
        job('ended', { status: 4 }),
      ] as const;
      const [runs, expires, ended] = documents;
      await write(runs, 'runs');
      await write(expires, 'expires');
      await write(ended, 'ended');
      await write(job('other', { projectId: 'p2' }), 'other');
      const common = { syncedAt: clock.now() };
      expect(await list('p1')).toEqual(
        new Map([
          ['runs', { ...common, jobId: 'runs', digest: crc32(runs.job), due: 'always' }],
          ['expires', { ...common, jobId: 'expires', digest: crc32(expires.job), due: dataExpiresAt }],
          ['ended', { ...common, jobId: 'ended', digest: crc32(ended.job), due: 'never' }],
        ]),
      );
      expect(await ids('p2')).toEqual(['other']);
      expect(await ids('p3')).toEqual([]);
    });

    it('finds the running jobs, those of an unknown status too, and leaves out those that ended', async () => {
      for (const status of [0, 1, 2, 3, 4, 5, 6, 7, 8, 99])
        await write(job(`s${status}`, { status }), `s${status}`);
      expect(await ids('p1', clock.now())).toEqual(['s0', 's1', 's2', 's3', 's7', 's8', 's99']);
    });

    it('finds an ended job once its data expire, and never if they stay or are gone already', async () => {
      const dataExpiresAt = clock.in(60);
      await write(job('expires', { status: 4, dataExpiresAt }), 'expires');
      await write(job('cleared', { status: 4, dataExpiresAt, dataCleared: true }), 'cleared');
      await write(job('stays', { status: 4 }), 'stays');
      expect(await ids('p1', clock.in(59))).toEqual([]);
      expect(await ids('p1', clock.in(60))).toEqual(['expires']);
      expect(await ids('p1')).toEqual(['cleared', 'expires', 'stays']);
    });

    it('takes data that expire before 1970 for expired, and after 2286 for data that stay', async () => {
      const [past, far] = [new Date(0), new Date(10_000_000_000_000)];
      await write(job('past', { status: 4, dataExpiresAt: past }), 'past');
      await write(job('far', { status: 4, dataExpiresAt: far }), 'far');
      const listed = await list('p1');
      expect(listed.get('past')!.due).toEqual(new Date(1000));
      expect(listed.get('far')!.due).toBe('never');
      expect(await ids('p1', clock.now())).toEqual(['past']);
    });

    it('follows a job that ends, changes its project, or is deleted', async () => {
      await write(job('j1', { status: 2 }), 'j1');
      clock.ms += 1000;
      await write(snapshotDocument(jobBytes({ id: 'j1', status: 4 }), 2n), 'j1');
      expect(await ids('p1', clock.now())).toEqual([]);
      expect((await list('p1')).get('j1')).toMatchObject({ syncedAt: clock.now(), due: 'never' });
      await write(snapshotDocument(jobBytes({ id: 'j1', projectId: 'p2' }), 3n), 'j1');
      expect(await ids('p1')).toEqual([]);
      expect(await ids('p2')).toEqual(['j1']);
      await write(tombstone, 'j1');
      expect(await ids('p2')).toEqual([]);
    });

    it('has no job that is not visible yet, and the document says so', async () => {
      await write(patchDocument(jobBytes({ id: 'j1' }), [1, 9], 1n), 'j1');
      expect(await ids('p1')).toEqual([]);
      expect((await get(jobs))!.indexed ?? false).toBe(false);
      await write(job('j2'), 'j2');
      expect(await ids('p1')).toEqual(['j2']);
      expect((await get(jobs, 'j2'))!.indexed).toBe(true);
    });

    it('raises DEADLINE_EXCEEDED once the deadline has passed', async () => {
      const listing = index.list('p1', { deadline: new Deadline(0) });
      await expect(listing).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    });
  });
}
