/** What readers cost upstream who follow jobs by asking for them every five seconds, with the cache and without it. */
import { Deadline } from '../../lib/runtime/deadline.ts';
import { createJobSource } from '../../lib/upstream/create-job-source.ts';
import type { Life } from '../../infra/upstream-stand-in/job-life.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';
import { startCachedWorld } from './cached-world.ts';

const project = 'p1';
const seed = 9;
const pollEverySeconds = 5;
/** The time that all are given to find their jobs before it counts. */
const warmUpSeconds = 60;

/** A job is started every twenty seconds and runs for a minute, so that three run at a time. */
const startEverySeconds = 20;
const jobsFollowed = 3;
const second = 1000;
const life: Life = {
  creatingMs: 5 * second,
  preparingMs: 5 * second,
  executingMs: 45 * second,
  detailsEveryMs: 15 * second,
  uploadingMs: 5 * second,
  outcome: 'SUCCESS',
  cancellingMs: second,
  dataTtlMs: 24 * 3600 * second,
};

export interface PollingOptions {
  readonly readers: number;
  readonly minutes: number;
}

interface Asked {
  readonly upstream: Upstream;
  /** Gets a job, wherever from. */
  readonly get: (jobId: string) => Promise<unknown>;
  /** Lets time pass. */
  readonly live: (seconds: number, everySecond: () => Promise<void>) => Promise<void>;
}

/**
 * How many calls upstream gets in each minute when readers ask the cache. That refreshes every ten seconds, and reads
 * through what it misses; no notice reaches it, so that it misses every new job.
 */
export async function callsWithCache(options: PollingOptions): Promise<readonly number[]> {
  const world = await startCachedWorld({
    seed,
    projects: [project],
    speed: 1,
    refreshSeconds: 10,
    callsPerSecond: 5,
    readThrough: true,
  });
  try {
    world.upstream.faults.loseNotices = 1;
    return await callsPerMinute({ upstream: world.upstream, get: world.read, live: world.live }, options);
  } finally {
    await world.stop();
  }
}

/** The same when they ask upstream themselves. */
export async function callsWithoutCache(options: PollingOptions): Promise<readonly number[]> {
  const clock = new SimulatedClock();
  const upstream = await startUpstream({ seed, projects: [project], clock });
  const client = createJobSource({
    target: { address: upstream.address, plaintext: true },
    tokens: { token: () => Promise.resolve(upstream.issueToken()), invalidate: () => undefined },
    callsPerSecond: 1e6,
    burst: 1e6,
    maxConcurrentCalls: 1000,
    log: () => undefined,
  });
  const get = (jobId: string): Promise<unknown> => client.get(jobId, new Deadline(60_000));
  const live: Asked['live'] = async (seconds, everySecond) => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(second);
      await everySecond();
    }
  };
  try {
    return await callsPerMinute({ upstream, get, live }, options);
  } finally {
    client.close();
    await upstream.stop();
  }
}

async function callsPerMinute(
  { upstream, get, live }: Asked,
  { readers, minutes }: PollingOptions,
): Promise<readonly number[]> {
  const jobs: string[] = [];
  let seconds = 0;
  const everySecond = async (): Promise<void> => {
    if (seconds % startEverySeconds === 0) jobs.push(upstream.world.createJob(project, { life }));
    const newest = jobs.toReversed().slice(0, jobsFollowed);
    const polls: Promise<unknown>[] = [];
    // Some ask in each second, the first one of them, who follows the newest job, in the first.
    for (let reader = seconds % pollEverySeconds; reader < readers; reader += pollEverySeconds)
      polls.push(get(newest[reader % newest.length]!));
    await Promise.all(polls);
    seconds++;
  };
  await live(warmUpSeconds, everySecond);
  const counts: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    upstream.calls.clear();
    await live(60, everySecond);
    counts.push(upstream.calls.count());
  }
  return counts;
}
