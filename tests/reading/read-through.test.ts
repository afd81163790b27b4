/** Gets of jobs that the table does not have, against the stand-in for upstream and a DynamoDB-speaking engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { tombstone } from '../../lib/job/document.ts';
import { createGetJob } from '../../lib/reading/get-job.ts';
import type { JobAnswer } from '../../lib/reading/present-job.ts';
import { createReadThrough, type ReadThrough } from '../../lib/reading/read-through.ts';
import { storeFromUpstream } from '../../lib/feeding/store-from-upstream.ts';
import { writeNews } from '../../lib/feeding/write-news.ts';
import type { JobStore } from '../../lib/store/job-store.ts';
import { createDynamoDbQuota } from '../../lib/dynamodb/quota.ts';
import { createJobSource } from '../../lib/upstream/create-job-source.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { givenToken } from '../../lib/iam/given-token.ts';
import { startDynalite, type Engine } from '../support/dynamodb.ts';
import { kept, startFedCache, type FedCache } from '../support/fed-cache.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';

let engine: Engine;
let cache: FedCache;
let readThrough: ReadThrough;
let nowMs: number;

beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  const clock = new SimulatedClock();
  cache = await startFedCache({ endpoint: engine.endpoint, seed: 7, projects: ['p1', 'p2'], clock });
  nowMs = 0;
  readThrough = readThroughFrom(cache.parts.upstream);
});
afterEach(() => cache.stop());

function readThroughFrom(upstream: JobSource, budgetMs = 1500): ReadThrough {
  const parts = { ...cache.parts, upstream, projects: ['p1', 'p2'] };
  return createReadThrough(() => Promise.resolve((...ask) => storeFromUpstream(parts, ...ask)), {
    budgetMs,
    now: () => nowMs,
  });
}

/** May read p1 only, so that there is something to hide. */
const reader = {
  authenticate: () => Promise.resolve({ mayRead: (projectId: string) => projectId === 'p1' }),
};

function get(jobId: string, { through = readThrough, authenticator = openDoor, deadlineMs = 10_000 } = {}) {
  const { store } = cache.parts;
  const parts = { store, authenticator, readThrough: through };
  return createGetJob(parts)(
    { jobId },
    { credentials: { authorization: undefined }, deadline: new Deadline(deadlineMs) },
  );
}
const bytesOf = (jobId: string) => kept(jobId, cache.upstream.world.jobs().get(jobId)!);
const asked = () => cache.upstream.calls.count('Get');

describe('a Get of a job that the table does not have', () => {
  it('is answered with what upstream has, which is stored', async () => {
    const jobId = cache.upstream.world.createJob('p1', { unknownField: true });
    const { job, revision } = await get(jobId);
    expect(Buffer.from(job)).toEqual(Buffer.from(bytesOf(jobId)));
    expect(Number(revision) / 1000).toBeCloseTo(Date.now(), -5);
    expect(await cache.stored(jobId)).toMatchObject({ job: bytesOf(jobId), snapshotRevision: revision });
    nowMs += 60_000;
    await get(jobId);
    expect(asked()).toBe(1);
  });

  it('asks once for all who miss the job at the same time', async () => {
    const jobId = cache.upstream.world.createJob('p1');
    cache.upstream.faults.latencyMs = 100;
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(jobId)));
    expect(new Set(answers.map(({ etag }: JobAnswer) => etag)).size).toBe(1);
    expect(asked()).toBe(1);
  });

  it('is NOT_FOUND where upstream has no such job, which is remembered for five seconds', async () => {
    for (let time = 0; time < 5; time++) {
      await expect(get('bt1nosuchjob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      nowMs += 999;
    }
    expect(asked()).toBe(1);
    nowMs += 10;
    await expect(get('bt1nosuchjob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(asked()).toBe(2);
    expect(cache.written).toEqual([]);
  });

  it('asks again where the machine’s clock was set back', async () => {
    await expect(get('bt1nosuchjob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    nowMs -= 3_600_000;
    await expect(get('bt1nosuchjob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(asked()).toBe(2);
  });

  it('is authorised by the project of the job: a hidden one is as absent, and takes as long', async () => {
    const hidden = cache.upstream.world.createJob('p2');
    const through = readThroughFrom(cache.parts.upstream, 400);
    const tookMs = async (jobId: string): Promise<number> => {
      const start = performance.now();
      const denied = get(jobId, { authenticator: reader, through });
      await expect(denied).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `job ${jobId} was not found`,
      });
      return performance.now() - start;
    };
    // Nobody is told sooner than the longest that asking may take.
    for (const jobId of [hidden, 'bt1nosuchjob', hidden]) expect(await tookMs(jobId)).toBeGreaterThan(395);
    expect(asked()).toBe(2);
    const allowed = cache.upstream.world.createJob('p1');
    const start = performance.now();
    await get(allowed, { authenticator: reader, through: readThroughFrom(cache.parts.upstream, 5000) });
    expect(performance.now() - start).toBeLessThan(2500);
  });

  it('asks for a hidden job that the table has as for an absent one, so that a failure tells nothing', async () => {
    const hidden = cache.upstream.world.createJob('p2');
    await get(hidden);
    nowMs += 60_000;
    Object.assign(cache.upstream.faults, { failRate: 1, failCode: 'INTERNAL' });
    for (const jobId of [hidden, 'bt1nosuchjob']) {
      const denied = get(jobId, { authenticator: reader });
      await expect(denied).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
  });

  it('is NOT_FOUND where upstream does not show us the job, as where it has none', async () => {
    const jobId = cache.upstream.world.createJob('p2');
    Object.assign(cache.upstream.faults, { failRate: 1, failCode: 'PERMISSION_DENIED' });
    await expect(get(jobId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(cache.written).toEqual([]);
  });

  it('is UNAVAILABLE with when to come again where upstream cannot be asked, and asks again then', async () => {
    const jobId = cache.upstream.world.createJob('p1');
    Object.assign(cache.upstream.faults, { failRate: 1, failCode: 'INTERNAL' });
    await expect(get(jobId)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: [{ type: 'RetryInfo', retryDelayMs: 2000 }],
    });
    cache.upstream.faults.failRate = 0;
    expect((await get(jobId)).job).toHaveLength(bytesOf(jobId).length);
  });

  it('is answered inside the caller’s deadline where upstream stalls', async () => {
    const jobId = cache.upstream.world.createJob('p1');
    cache.upstream.faults.stall = true;
    const start = performance.now();
    await expect(get(jobId, { deadlineMs: 600 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(performance.now() - start).toBeLessThan(600);
    await expect(get(jobId)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('stays deleted where the table remembers the deletion', async () => {
    const jobId = cache.upstream.world.createJob('p1');
    await get(jobId);
    await writeNews(cache.parts, jobId, tombstone, new Deadline(10_000));
    nowMs += 60_000;
    await expect(get(jobId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await cache.stored(jobId)).toEqual({ deleted: true });
  });

  it('is answered and not stored where nobody would look at the job again', async () => {
    const jobId = cache.upstream.world.createJob('p2');
    const parts = { ...cache.parts, projects: ['p1'] };
    const through = createReadThrough(() => Promise.resolve((...ask) => storeFromUpstream(parts, ...ask)), {
      now: () => nowMs,
    });
    for (const times of [1, 2]) {
      expect(Buffer.from((await get(jobId, { through })).job)).toEqual(Buffer.from(bytesOf(jobId)));
      expect(asked()).toBe(times);
      nowMs += 5001;
    }
    expect(cache.written).toEqual([]);
    await writeNews(cache.parts, jobId, tombstone, new Deadline(10_000));
    await expect(get(jobId, { through })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is as fresh as the read that it comes from, which began before it was answered', async () => {
    const jobId = cache.upstream.world.createJob('p1');
    cache.upstream.faults.latencyMs = 20;
    const { syncedAt, revision } = await get(jobId);
    expect(syncedAt.getTime()).toBe(Number(revision / 1000n));
  });

  it('is answered in time where the table hangs, so that this tells no hidden job from an absent one', async () => {
    const { world } = cache.upstream;
    const store: JobStore = {
      ...cache.parts.store,
      put: async (_jobId, _document, { deadline }) => {
        await deadline.wait(new Promise(() => undefined));
        return { written: true };
      },
    };
    const parts = { ...cache.parts, store, projects: ['p1', 'p2'] };
    const through = createReadThrough(() => Promise.resolve((...ask) => storeFromUpstream(parts, ...ask)));
    const allowed = world.createJob('p1');
    expect((await get(allowed, { through })).job).toHaveLength(bytesOf(allowed).length);
    const denied = get(world.createJob('p2'), { through, authenticator: reader });
    await expect(denied).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is answered also where it cannot be stored', async () => {
    const jobId = cache.upstream.world.createJob('p1');
    const store = { ...cache.parts.store, put: () => Promise.reject(new Error('no room')) };
    const through = createReadThrough(() =>
      Promise.resolve((...ask) => storeFromUpstream({ ...cache.parts, store, projects: ['p1'] }, ...ask)),
    );
    expect(Buffer.from((await get(jobId, { through })).job)).toEqual(Buffer.from(bytesOf(jobId)));
    expect(cache.logged).toContain('warn a job that was read through is not stored');
  });
});

describe('the quota of upstream', () => {
  it('is held by several processes together, whatever ids are asked for', async () => {
    await cache.stop();
    cache = await startFedCache({ endpoint: engine.endpoint, seed: 7, projects: ['p1'], clock: 'real' });
    const callsPerSecond = 10;
    // Calls leave evenly spaced; on the way they may come a little closer to one another.
    cache.upstream.faults.quota = { callsPerSecond: 13 };
    const found = cache.upstream.world.createJob('p1');
    const processes = Array.from({ length: 3 }, () =>
      createJobSource({
        target: { address: cache.upstream.address, plaintext: true },
        tokens: givenToken(cache.upstream.issueToken()),
        callsPerSecond,
        maxConcurrentCalls: 8,
        fleetQuota: createDynamoDbQuota({ ...cache.table, callsPerSecond, longestWaitMs: 300 }),
        log: () => undefined,
      }),
    );
    const throughs = processes.map((source) => readThroughFrom(source));
    const end = performance.now() + 4000;
    const codes = new Map<string, number>();
    const scan = async (worker: number): Promise<void> => {
      for (let number = 0; performance.now() < end; number++) {
        const answer = get(`bt1scan${worker}x${number}`, { through: throughs[worker % 3]! });
        const code = await answer.then(
          () => 'OK',
          (error: unknown) => (error as { code: string }).code,
        );
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 30 }, (_, worker) => scan(worker)));
    expect(cache.upstream.calls.quotaExceeded).toBe(0);
    expect([...codes.keys()].toSorted()).toEqual(['NOT_FOUND', 'UNAVAILABLE']);
    // What can wait longer gets its turn meanwhile: here a notice would.
    const patient = createDynamoDbQuota({ ...cache.table, callsPerSecond, longestWaitMs: 20_000 });
    await patient.acquire(new Deadline(5000));
    expect((await cache.parts.upstream.get(found, new Deadline(5000))).job).toBeDefined();
    for (const source of processes) source.close();
  });
});
