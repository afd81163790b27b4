/** The backfill of a project, against the stand-in for upstream and a DynamoDB-speaking engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { backfillProject, type BackfillParts, type BackfillReport } from '../../lib/feeding/backfill.ts';
import { Status } from '../../lib/runtime/status.ts';
import { createDynamoDbBackfillProgress } from '../../lib/dynamodb/backfill-progress.ts';
import { createJobSource } from '../../lib/upstream/create-job-source.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { startDynalite, type Engine } from '../support/dynamodb.ts';
import { kept, startFedCache, type FedCache } from '../support/fed-cache.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { VirtualTime } from '../world/virtual-time.ts';

/** Upstream may give fewer jobs than it is asked for: three pages, of which the last one is not full. */
const [pageSize, lastPage] = [10, 5];
const jobsInAll = 2 * pageSize + lastPage;
const pages = 3;

let engine: Engine;
let cache: FedCache;
let parts: BackfillParts;
/** How many jobs each page had that was done. */
let done: number[];

beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const clock = new SimulatedClock();
  cache = await startFedCache({ endpoint: engine.endpoint, seed: 7, projects: ['p1', 'p2'], clock });
  done = [];
  parts = {
    ...cache.parts,
    upstream: withSmallPages(cache.parts.upstream),
    progress: createDynamoDbBackfillProgress(cache.table),
    onPage: (jobs) => done.push(jobs),
  };
  for (let job = 0; job < jobsInAll; job++) world().createJob('p1', { unknownField: job % 2 === 0 });
  // Some have ended, some run.
  world().advance(60_000);
});
afterEach(() => cache.stop());

const world = () => cache.upstream.world;
const calls = () => cache.upstream.calls.count();

function backfill(changed: Partial<BackfillParts> = {}, stopping = new AbortController()) {
  return backfillProject({ ...parts, ...changed }, 'p1', stopping.signal);
}

function withSmallPages(source: JobSource): JobSource {
  return { ...source, list: (request, deadline) => source.list({ ...request, pageSize }, deadline) };
}

/** Stops after so many pages. */
function backfillPages(count: number, changed: Partial<BackfillParts> = {}): Promise<BackfillReport> {
  const stopping = new AbortController();
  let pagesDone = 0;
  const onPage = (): void => {
    if (++pagesDone === count) stopping.abort();
  };
  return backfill({ onPage, ...changed }, stopping);
}

/** A store that cannot write one of the jobs. */
function storeWithout(victim: string): BackfillParts['store'] {
  const { store } = parts;
  return {
    ...store,
    put: (jobId, ...rest) =>
      jobId === victim
        ? Promise.reject(new Status('STORE_UNAVAILABLE', 'the table throttles'))
        : store.put(jobId, ...rest),
  };
}

/** Every job of the project is in the table as it is upstream, and nothing else is in the table. */
async function expectEqualToWorld(): Promise<void> {
  for (const { id } of world().jobsIn('p1'))
    expect(await cache.stored(id)).toMatchObject({ deleted: false, job: kept(id, world().jobs().get(id)!) });
  const ids = (await cache.table.items()).map((item) => (item['job_id'] as { S: string }).S);
  expect(ids.toSorted()).toEqual(
    world()
      .jobsIn('p1')
      .map(({ id }) => id)
      .toSorted(),
  );
}

describe('a backfill', () => {
  it('stores all jobs of a project, over as many pages as there are, and none of another project', async () => {
    world().createJob('p2');
    expect(await backfill()).toMatchObject({
      complete: true,
      resumedAfter: 0,
      round: { added: jobsInAll, failed: 0, pages, calls: pages },
    });
    expect(done).toEqual([pageSize, pageSize, lastPage]);
    expect(calls()).toBe(pages);
    await expectEqualToWorld();
  });

  it('writes nothing the second time', async () => {
    await backfill();
    const before = await cache.table.items();
    cache.written.length = 0;
    expect(await backfill()).toMatchObject({ complete: true, round: { confirmed: jobsInAll, added: 0 } });
    expect(cache.written).toEqual([]);
    expect(await cache.table.items()).toEqual(before);
  });

  it('writes only what changed since, the second time', async () => {
    await backfill();
    const ended = world()
      .jobsIn('p1')
      .filter(({ isRunning, job }) => !isRunning && !job.dataCleared)
      .slice(0, 3)
      .map(({ id }) => id);
    for (const id of ended) world().deleteData(id);
    cache.written.length = 0;
    expect(await backfill()).toMatchObject({
      round: { corrected: ended.length, confirmed: jobsInAll - ended.length },
    });
    expect(cache.written.toSorted()).toEqual(ended.toSorted());
    expect(ended).toHaveLength(3);
    await expectEqualToWorld();
  });

  it('stops after the page that it is at, and goes on from there', async () => {
    expect(await backfillPages(1)).toMatchObject({ complete: false, round: { added: pageSize, pages: 1 } });
    expect(calls()).toBe(1);
    cache.written.length = 0;
    expect(await backfill()).toMatchObject({
      complete: true,
      resumedAfter: pageSize,
      round: { added: pageSize + lastPage, confirmed: 0, pages: 2 },
    });
    expect(calls()).toBe(pages);
    expect(cache.written).toHaveLength(pageSize + lastPage);
    await expectEqualToWorld();
  });

  it('does not wait for upstream to answer when it is stopped, and goes on from the last page that was done', async () => {
    const stopping = new AbortController();
    const onPage = (): void => {
      cache.upstream.faults.stall = true;
    };
    const stopped = backfill({ onPage }, stopping);
    while (calls() < 2) await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();
    expect(await stopped).toMatchObject({ complete: false, round: { added: pageSize, pages: 1 } });
    cache.upstream.faults.stall = false;
    expect(await backfill()).toMatchObject({ complete: true, resumedAfter: pageSize });
    await expectEqualToWorld();
  });

  it('begins at the start again once it was complete', async () => {
    await backfillPages(1);
    await backfill();
    expect(await backfill()).toMatchObject({ resumedAfter: 0, round: { confirmed: jobsInAll, pages } });
  });

  it('goes on after the last page that was written down where it was killed before the next one was', async () => {
    const killed = new Error('killed');
    let written = 0;
    const progress: BackfillParts['progress'] = {
      ...parts.progress,
      write: (...args) => (++written === 2 ? Promise.reject(killed) : parts.progress.write(...args)),
    };
    await expect(backfill({ progress })).rejects.toBe(killed);
    expect(done).toEqual([pageSize, pageSize]);
    cache.written.length = 0;
    expect(await backfill()).toMatchObject({
      complete: true,
      resumedAfter: pageSize,
      round: { confirmed: pageSize, added: lastPage },
    });
    expect(cache.written).toHaveLength(lastPage);
    await expectEqualToWorld();
  });

  it('goes on after the last page that was done where upstream failed in between', async () => {
    const { upstream } = parts;
    let lists = 0;
    const failing: JobSource = {
      ...upstream,
      list: (...args) =>
        ++lists === 3 ? Promise.reject(new Status('STORE_UNAVAILABLE', 'gone')) : upstream.list(...args),
    };
    await expect(backfill({ upstream: failing })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await backfill()).toMatchObject({
      resumedAfter: 2 * pageSize,
      round: { added: lastPage, pages: 1 },
    });
    await expectEqualToWorld();
  });

  it('comes back to the page of a job that could not be stored, however far it got after that', async () => {
    // On the second page, since the newest jobs are on the first.
    const victim = world()
      .jobsIn('p1')
      .at(-pageSize - 5)!.id;
    expect(await backfillPages(2, { store: storeWithout(victim) })).toMatchObject({
      complete: false,
      round: { added: 2 * pageSize - 1, failed: 1 },
    });
    expect(cache.logged).toContain('warn job not refreshed');
    expect(await backfill()).toMatchObject({
      complete: true,
      resumedAfter: pageSize,
      round: { added: lastPage + 1, confirmed: pageSize - 1 },
    });
    await expectEqualToWorld();
  });

  it('counts the jobs of the last page that could not be stored, and stores them when it is called again', async () => {
    const victim = world().jobsIn('p1')[0]!.id;
    expect(await backfill({ store: storeWithout(victim) })).toMatchObject({
      complete: true,
      round: { failed: 1 },
    });
    expect(await backfill()).toMatchObject({ complete: true, round: { added: 1, failed: 0 } });
    await expectEqualToWorld();
  });

  it('starts over where upstream does not take the token of the next page any more', async () => {
    await backfillPages(1);
    await parts.progress.write('p1', { pageToken: 'of another time', jobs: pageSize }, new Deadline(10_000));
    cache.written.length = 0;
    expect(await backfill()).toMatchObject({
      complete: true,
      resumedAfter: 0,
      round: { confirmed: pageSize, added: pageSize + lastPage, pages },
    });
    expect(cache.written).toHaveLength(pageSize + lastPage);
    await expectEqualToWorld();
  });

  it('fails where upstream takes none of its own tokens, and does not start over for ever', async () => {
    const { upstream } = parts;
    const refusing: JobSource = {
      ...upstream,
      list: ({ pageToken = '', ...request }, deadline) =>
        pageToken === ''
          ? upstream.list(request, deadline)
          : Promise.reject(new Status('UPSTREAM_REQUEST_REFUSED', 'page_token is bad')),
    };
    await expect(backfill({ upstream: refusing })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(done).toEqual([pageSize]);
  });

  it('takes in jobs that are created, and leaves out those that are deleted, between its pages', async () => {
    await backfillPages(1);
    const [oldest] = world().jobsIn('p1');
    world().deleteJob(oldest!.id);
    const created = world().createJob('p1');
    await backfill();
    expect(await cache.stored(oldest!.id)).toBeUndefined();
    // Newest jobs are first: the page that it would be on was done. The next call has it.
    expect(await cache.stored(created)).toBeUndefined();
    await backfill();
    await expectEqualToWorld();
  });

  it('fails for a project that upstream does not have, and leaves nothing behind', async () => {
    const call = backfillProject(parts, 'p3', new AbortController().signal);
    await expect(call).rejects.toMatchObject({ name: 'Status', code: 'NOT_FOUND' });
    expect(await cache.table.items()).toEqual([]);
  });

  it('never calls more often than the rate allows', async () => {
    const callsPerSecond = 0.5;
    const time = new VirtualTime();
    const called: number[] = [];
    const source = createJobSource({
      target: { address: cache.upstream.address, plaintext: true },
      tokens: { token: () => Promise.resolve(cache.upstream.issueToken()), invalidate: () => undefined },
      callsPerSecond,
      maxConcurrentCalls: 8,
      clock: time.upstreamClock,
      log: () => undefined,
    });
    const noted: JobSource = {
      ...source,
      list: async (...args) => {
        const page = await source.list(...args);
        called.push(Number(page.readAt) / 1000);
        return page;
      },
    };
    const all = backfill({ upstream: withSmallPages(noted) });
    const step = (): Promise<void> => time.advance(100, 100, () => Promise.resolve());
    while (await Promise.race([all.then(() => false), step().then(() => true)]));
    source.close();
    expect(await all).toMatchObject({ complete: true, round: { added: jobsInAll } });
    expect(called).toHaveLength(pages);
    for (const [index, at] of called.entries())
      if (index > 0) expect(at - called[index - 1]!).toBeGreaterThanOrEqual(1000 / callsPerSecond - 1);
  });
});
