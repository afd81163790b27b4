/** The stand-in's world and a cache of it, which live together in virtual time. */
import { openDoor } from '../../lib/auth/none.ts';
import { createFreshness } from '../../lib/reading/freshness.ts';
import { createGetJob } from '../../lib/reading/get-job.ts';
import { createReadThrough, type AskUpstream } from '../../lib/reading/read-through.ts';
import { refreshRounds } from '../../lib/feeding/refresh-rounds.ts';
import { shareReads } from '../../lib/reading/shared-reads.ts';
import { storeFromUpstream } from '../../lib/feeding/store-from-upstream.ts';
import { syncMessages, type Message } from '../../lib/feeding/sync-messages.ts';
import { Status } from '../../lib/runtime/status.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createDynamoDbRefreshLeases } from '../../lib/dynamodb/refresh-leases.ts';
import { createDynamoDbRefreshStateReader } from '../../lib/dynamodb/refresh-state.ts';
import { createJobSource } from '../../lib/upstream/create-job-source.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import type { Metrics } from '../../lib/telemetry/metrics.ts';
import { createTable, startDynalite } from '../support/dynamodb.ts';
import { startUpstream } from '../../infra/upstream-stand-in/upstream.ts';
import { VirtualTime } from './virtual-time.ts';

export interface CachedWorldOptions {
  readonly seed: number;
  readonly projects: readonly string[];
  /** How many times faster than life jobs live. */
  readonly speed: number;
  readonly refreshSeconds: number;
  /** What upstream allows the cache. */
  readonly callsPerSecond: number;
  /** Readers come by a server that shares reads and has upstream asked for what is missing; neither unless set. */
  readonly readThrough?: boolean;
}

/** What a reader was told of a job; undefined bytes where there is none. */
export interface Read {
  readonly bytes: Uint8Array | undefined;
  readonly syncedAt: number | undefined;
}

export type CachedWorld = Awaited<ReturnType<typeof startCachedWorld>>;

export async function startCachedWorld(options: CachedWorldOptions) {
  const { projects, refreshSeconds, callsPerSecond, seed, speed, readThrough = false } = options;
  const time = new VirtualTime();
  const { now, sleep } = time;
  const engine = await startDynalite();
  const upstream = await startUpstream({ seed, projects, speed, clock: time.simulated });
  const { table, client, drop } = await createTable(engine.endpoint);
  const send = time.real((command: never, sendOptions: object): Promise<unknown> =>
    client.send(command, sendOptions),
  );
  const database = { client: { send }, table };
  const metrics = new Map<string, number>();
  const log = (_level: string, _message: string, _fields?: object, emitted?: Metrics): void => {
    for (const [name, value] of Object.entries(emitted?.values ?? {}))
      if (typeof value === 'number') metrics.set(name, (metrics.get(name) ?? 0) + value);
  };

  /** A process's way to upstream. */
  let answers = 0;
  const connect = (): JobSource =>
    createJobSource({
      target: { address: upstream.address, plaintext: true },
      tokens: { token: () => Promise.resolve(upstream.issueToken()), invalidate: () => undefined },
      callsPerSecond: callsPerSecond / 2,
      maxConcurrentCalls: 16,
      clock: time.upstreamClock,
      log,
    });
  const noted = (source: JobSource): JobSource => {
    const note = <T>(answer: Promise<T>): Promise<T> => answer.finally(() => answers++);
    return {
      get: (...args) => note(source.get(...args)),
      list: (...args) => note(source.list(...args)),
      close: () => {
        source.close();
      },
    };
  };
  time.watch(() => upstream.calls.all.length + answers);
  const sources = [noted(connect()), noted(connect())] as const;
  const parts = {
    store: createDynamoDbJobStore({ ...database, tombstoneDays: 30, indexed: true, log, now }),
    index: createDynamoDbJobIndex(database),
    leases: createDynamoDbRefreshLeases({ ...database, now }),
    redactEnvValues: false,
    log,
    now,
    sleep,
    random: () => 0.5,
  };

  let stopping = false;
  const schedule = async (): Promise<void> => {
    for (let run = 0; !stopping; run++) {
      const plan = { projects, intervalMs: refreshSeconds * 1000, callsPerSecond };
      // EventBridge starts a run at least once: now and then there are two.
      const owners = run % 3 === 0 ? [`run ${run}`, `run ${run}, again`] : [`run ${run}`];
      const runs = owners.map((owner) =>
        refreshRounds({ ...parts, upstream: sources[0], owner }, plan, time.deadline(60_000)),
      );
      await Promise.all([...runs, sleep(60_000)]);
    }
  };

  /** The queue: what fails comes again after a while. */
  const queue: (Message & { readonly at: number })[] = [];
  let messageIds = 0;
  upstream.onNotice((notice) => {
    queue.push({ messageId: String(messageIds++), body: JSON.stringify(notice), redelivered: false, at: 0 });
  });
  const sync = async (): Promise<void> => {
    const nowMs = now().getTime();
    const batch = queue.filter(({ at }) => at <= nowMs).slice(0, 100);
    if (batch.length === 0) return;
    for (const message of batch) queue.splice(queue.indexOf(message), 1);
    const syncParts = { ...parts, upstream: sources[1] };
    const failed = await syncMessages(syncParts, batch, time.deadline(30_000));
    for (const message of batch)
      if (failed.includes(message.messageId))
        queue.push({ ...message, redelivered: true, at: now().getTime() + 30_000 });
  };
  let syncing: Promise<void> | undefined;

  const nowMs = (): number => now().getTime();
  const freshness = createFreshness(createDynamoDbRefreshStateReader(database), {
    refreshSeconds,
    now: nowMs,
  });
  const ask: AskUpstream = (...asked) =>
    storeFromUpstream({ ...parts, projects, upstream: sources[1] }, ...asked);
  const getJob = createGetJob({
    store: readThrough ? shareReads(parts.store, { maxAgeMs: 50, timeoutMs: 5000, now: nowMs }) : parts.store,
    authenticator: openDoor,
    freshness,
    readThrough: readThrough ? createReadThrough(() => Promise.resolve(ask), { now: nowMs }) : undefined,
    now: nowMs,
  });

  void schedule();
  return {
    upstream,
    time,
    metrics,
    /** Gets a job as a reader would. */
    read: async (jobId: string): Promise<Read> => {
      try {
        const request = { jobId };
        const deadline = time.deadline(5000);
        const answer = await getJob(request, { credentials: { authorization: undefined }, deadline });
        return { bytes: answer.job, syncedAt: answer.syncedAt.getTime() };
      } catch (error) {
        if (error instanceof Status && error.code === 'NOT_FOUND')
          return { bytes: undefined, syncedAt: undefined };
        throw error;
      }
    },
    /** Lets time pass; messages are delivered once a second, and `everySecond` looks on. */
    live: (seconds: number, everySecond: () => Promise<void> = () => Promise.resolve()) =>
      time.advance(seconds * 1000, 1000, async () => {
        syncing ??= sync().finally(() => {
          syncing = undefined;
        });
        await everySecond();
      }),
    stop: async () => {
      stopping = true;
      for (const source of sources) source.close();
      await upstream.stop();
      await drop();
      await engine.stop();
    },
  };
}
