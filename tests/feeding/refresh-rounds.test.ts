/** Round after round, in simulated time, against the stand-in for upstream and a DynamoDB-speaking engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { createFreshness } from '../../lib/reading/freshness.ts';
import { createGetJob } from '../../lib/reading/get-job.ts';
import {
  refreshRounds,
  type RefreshPlan,
  type RefreshRoundsParts,
} from '../../lib/feeding/refresh-rounds.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { startDynalite, type Engine } from '../support/dynamodb.ts';
import { hourLongLife, startFedCache, type FedCache } from '../support/fed-cache.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';

const second = 1000;
const life = hourLongLife;

let engine: Engine;
let cache: FedCache;
let clock: SimulatedClock;

beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  clock = new SimulatedClock();
  cache = await startFedCache({ endpoint: engine.endpoint, seed: 7, projects: ['p1', 'p2'], clock });
});
afterEach(() => cache.stop());

const usual: RefreshPlan = { projects: ['p1'], intervalMs: 10 * second, callsPerSecond: 100 };

/** A run of the function: sleeping moves the clock, nothing else does. */
function run(
  plan: Partial<RefreshPlan> = {},
  { seconds = 60, owner = 'run', ...parts }: Partial<RefreshRoundsParts> & { readonly seconds?: number } = {},
): Promise<void> {
  const sleep = (ms: number): Promise<void> => {
    clock.advance(ms);
    return Promise.resolve();
  };
  const deadline = new Deadline(seconds * second, {
    clock: { now: () => clock.now(), timeout: () => new AbortController().signal },
  });
  return refreshRounds({ ...cache.parts, sleep, owner, ...parts }, { ...usual, ...plan }, deadline);
}

/** When upstream was asked for a list, in seconds from the start of the test. */
function lists(): readonly number[] {
  const start = new SimulatedClock().now();
  return cache.upstream.calls.all
    .filter(({ method }) => method === 'List')
    .map(({ at }) => (at - start) / second);
}
const state = () => cache.states.read('p1', new Deadline(10_000));

describe('rounds', () => {
  it('come at the interval for as long as the run has time', async () => {
    cache.upstream.world.createJob('p1', { life });
    await run();
    expect(lists()).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it('go on where the run before has stopped', async () => {
    await run({ intervalMs: 45 * second });
    clock.advance(second);
    await run({ intervalMs: 45 * second });
    await run({ intervalMs: 45 * second });
    expect(lists()).toEqual([0, 45, 90, 135]);
  });

  it('may be rarer than the runs', async () => {
    for (let minute = 0; minute < 10; minute++) {
      await run({ intervalMs: 300 * second });
      clock.advance(60 * second - (clock.now() % (60 * second)));
    }
    expect(lists()).toEqual([0, 300]);
  });

  it('are made by one run at a time for a project', async () => {
    const { leases } = cache.parts;
    const until = new Date(clock.now() + 600 * second);
    await leases.acquire('p1', 'another run', until, new Deadline(10_000));
    await run({ projects: ['p1', 'p2'] }, { seconds: 50 });
    const asked = new Set(cache.upstream.calls.all.map(({ projectId }) => projectId));
    expect(asked).toEqual(new Set(['p2']));
  });

  it('are taken over as soon as the run before gives the project back', async () => {
    const { leases } = cache.parts;
    const until = new Date(clock.now() + 4 * second);
    await leases.acquire('p1', 'the run before', until, new Deadline(10_000));
    await run();
    expect(lists()[0]).toBe(4);
  });

  it('are written down: when the last ones began, and when they were over', async () => {
    await run({}, { seconds: 15 });
    expect(await state()).toMatchObject({
      roundAt: new Date(clock.now()),
      previousRoundAt: new Date(clock.now() - 10 * second),
    });
  });

  it('are not written down, and come ever more rarely, while upstream is down', async () => {
    Object.assign(cache.upstream.faults, { failRate: 1, failCode: 'PERMISSION_DENIED' });
    await run({}, { seconds: 200 });
    expect(lists()).toEqual([0, 20, 60, 120, 180]);
    expect(await state()).toMatchObject({ roundAt: undefined });
    expect(cache.logged).toContain('error round failed');
  });

  it('use no more than half of the calls that upstream allows', async () => {
    for (let job = 0; job < 250; job++) cache.upstream.world.createJob('p1', { life });
    await run({ callsPerSecond: 0.3 }, { seconds: 300 });
    const calls = cache.upstream.calls.count();
    const lastAt = lists().at(-1)!;
    // The calls of the last round are still to be paid for.
    expect((calls - 3) / lastAt).toBeLessThanOrEqual(0.15);
    expect(calls).toBeGreaterThan(20);
  });

  it('look at all jobs where these are one page, and otherwise at the rate that doubles the calls', async () => {
    for (let job = 0; job < 3; job++) cache.upstream.world.createJob('p1', { life });
    const kinds: string[] = [];
    const log = (_: string, message: string, fields?: object): void => {
      if (message === 'round made') kinds.push((fields as { kind: string }).kind);
    };
    await run({}, { log });
    expect(kinds).toEqual(['running', 'all', 'all', 'all', 'all', 'all']);

    kinds.length = 0;
    for (let job = 0; job < 220; job++) cache.upstream.world.createJob('p1', { life });
    await run({}, { log, seconds: 120 });
    const all = kinds.flatMap((kind, index) => (kind === 'all' ? [index] : []));
    expect(all.slice(1).map((index, place) => index - all[place]!)).toEqual([3, 3, 3]);
  });

  it('end with the run where the table cannot be reached, and say so', async () => {
    const leases = { ...cache.parts.leases, acquire: () => Promise.reject(new Error('no table')) };
    await run({}, { leases });
    expect(cache.logged).toContain('error project not refreshed');
    expect(lists()).toEqual([]);
  });

  it('stop where somebody else has taken the project meanwhile', async () => {
    const { leases } = cache.parts;
    const update = async (...args: Parameters<typeof leases.update>): Promise<boolean> => {
      const [projectId, , refreshState, { deadline }] = args;
      const until = new Date(clock.now() + 600 * second);
      await leases.update(projectId, 'run', refreshState, { until: new Date(0), deadline });
      await leases.acquire(projectId, 'a thief', until, deadline);
      return leases.update(...args);
    };
    await run({}, { leases: { ...leases, update } });
    expect(lists()).toEqual([0]);
  });

  it('confirm the documents that they look at, and not one that the index does not have', async () => {
    const { world } = cache.upstream;
    const [listed = '', gone = ''] = [1, 2].map(() => world.createJob('p1', { life }));
    const now = (): Date => new Date(clock.now());
    // From before this deployment had an upstream.
    const store = createDynamoDbJobStore({ ...cache.table, tombstoneDays: 30, log: cache.parts.log, now });
    for (const jobId of [listed, gone])
      await store.put(jobId, snapshotDocument(world.jobs().get(jobId)!, 1n), {
        expect: { unchangedFrom: undefined },
        deadline: new Deadline(10_000),
      });
    const writtenAt = clock.now();
    world.deleteJob(gone);
    await run();
    clock.advance(5 * second);

    const freshness = createFreshness(cache.states, { refreshSeconds: 10, now: () => clock.now() });
    const confirmedAfter = async (jobId: string): Promise<number> => {
      const parts = { store, authenticator: openDoor, freshness };
      const { syncedAt } = await createGetJob(parts)(
        { jobId },
        { credentials: { authorization: undefined }, deadline: new Deadline(10_000) },
      );
      return (syncedAt.getTime() - writtenAt) / second;
    };
    expect(await confirmedAfter(listed)).toBe(50);
    expect(await confirmedAfter(gone)).toBe(0);
  });
});
