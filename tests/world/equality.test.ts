/** The cache against the world: nothing stays wrong, and nothing is wrong for longer than is said. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRandom } from '../../infra/upstream-stand-in/random.ts';
import { startCachedWorld, type CachedWorld } from './cached-world.ts';
import { judge } from './staleness.ts';

const projects = Array.from({ length: 10 }, (_, number) => `bt1project${number}`);
const jobsInAll = 1000;
const refreshSeconds = 10;
const callsPerSecond = 40;

/** The longest that a round takes: its project's list, and the jobs that it reads one by one. */
const roundSeconds = 2;

/** When what is wrong upstream, in seconds from the start. */
const faults = [
  { from: 60, to: 80, name: 'a third of the calls fails', set: { failRate: 0.34, failCode: 'UNAVAILABLE' } },
  { from: 110, to: 130, name: 'upstream throttles', set: { quota: { callsPerSecond: 4 } } },
  { from: 170, to: 195, name: 'upstream is down', set: { failRate: 1, failCode: 'UNAVAILABLE' } },
] as const;
const healthy = { failRate: 0, quota: undefined };

/** After upstream was out of order, rounds come more rarely for a while: docs/upstream.md. */
const recoverySeconds = 60;

describe('1,000 jobs in 10 projects, of whose notices a third is lost and the rest late, doubled and shuffled', () => {
  let world: CachedWorld;
  const random = createRandom(20_261_124);
  const reads = { count: 0, stale: 0, worstMs: 0, late: [] as string[], falseClaims: [] as string[] };
  let seconds = 0;

  beforeAll(async () => {
    world = await startCachedWorld({ seed: 3, projects, speed: 12, refreshSeconds, callsPerSecond });
    Object.assign(world.upstream.faults, {
      loseNotices: 0.3,
      duplicateNotices: 0.2,
      delayNotices: 30_000,
      shuffle: true,
    });
  });
  afterAll(() => world.stop());

  /** How long an answer may be out of date at this moment, in seconds. */
  const boundSeconds = (): number => {
    const outage = faults.find(({ from, to }) => seconds >= from && seconds <= to + recoverySeconds);
    const since = outage === undefined ? 0 : seconds - outage.from;
    return 2 * refreshSeconds + roundSeconds + since;
  };

  const readSome = async (): Promise<void> => {
    // Also those that are deleted.
    const ids = world.upstream.world.everKnown();
    for (let read = 0; read < 8 && ids.length > 0; read++) {
      const jobId = ids[random.below(ids.length)]!;
      const answer = await world.read(jobId);
      const { staleMs, claimHolds } = judge(world.upstream.world, jobId, answer, world.time.now().getTime());
      reads.count++;
      if (staleMs > 0) reads.stale++;
      reads.worstMs = Math.max(reads.worstMs, staleMs);
      if (staleMs > boundSeconds() * 1000) reads.late.push(`${jobId} at ${seconds} s: ${staleMs} ms`);
      if (!claimHolds) reads.falseClaims.push(`${jobId} at ${seconds} s`);
    }
  };

  const interfere = (): void => {
    const { world: truth } = world.upstream;
    const ids = [...truth.jobs().keys()];
    const any = (): string => ids[random.below(ids.length)]!;
    const changes = [
      () => {
        truth.deleteJob(any());
      },
      () => {
        truth.cancel(any());
      },
      () => {
        truth.deleteData(any());
      },
      () => {
        truth.setDataTtl(any(), (5 + random.below(60)) * 1000);
      },
    ];
    changes[random.below(6)]?.();
    if (random.below(60) === 0) truth.deleteAllData(projects[random.below(projects.length)]!);
  };

  it('is read while everything happens: each answer was true within the stated bound, and claims no more', async () => {
    let created = 0;
    await world.live(260, async () => {
      seconds++;
      for (; created < Math.min(jobsInAll, seconds * 8); created++)
        world.upstream.world.createJob(projects[created % projects.length]!);
      Object.assign(
        world.upstream.faults,
        healthy,
        faults.find(({ from, to }) => seconds >= from && seconds < to)?.set,
      );
      interfere();
      await readSome();
    });
    expect(reads.late).toEqual([]);
    expect(reads.falseClaims).toEqual([]);
    expect(reads.count).toBeGreaterThan(2000);
    // The world was no idle one.
    expect(reads.stale).toBeGreaterThan(50);
    expect(world.upstream.noticeCounts.lost / world.upstream.noticeCounts.published).toBeCloseTo(0.3, 1);
  }, 300_000);

  it('equals the world byte for byte within two intervals once the world pauses', async () => {
    world.upstream.world.pause();
    await world.live(2 * refreshSeconds + roundSeconds);
    const wrong: string[] = [];
    for (const jobId of world.upstream.world.everKnown()) {
      const answer = await world.read(jobId);
      const { staleMs } = judge(world.upstream.world, jobId, answer, world.time.now().getTime());
      if (staleMs > 0) wrong.push(jobId);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('was kept without ever calling upstream more often than was allowed', () => {
    const { calls } = world.upstream;
    for (const count of calls.perMinute().values()) expect(count).toBeLessThanOrEqual(callsPerSecond * 60);
    expect(world.metrics.get('DocumentsConfirmed')).toBeGreaterThan(1000);
  });
});
