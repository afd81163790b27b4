/**
 * The smallest engine: a Map, and three operations on it, of which only `swap` has to be atomic. Every port is made of
 * these, and passes its suite. docs/extending.md tells how to make a real one.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Document } from '../../lib/job/document.ts';
import { readJobHeading } from '../../lib/job/job-heading.ts';
import type { Deadline } from '../../lib/runtime/deadline.ts';
import { Status } from '../../lib/runtime/status.ts';
import type { BackfillProgress, BackfillState } from '../../lib/store/backfill-progress.ts';
import { indexEntryOf, isDueBefore, type JobIndex } from '../../lib/store/job-index.ts';
import { mayReplace, type JobStore, type StoredJob } from '../../lib/store/job-store.ts';
import { createQuota, type QuotaOptions, type ReservePermit } from '../../lib/store/quota.ts';
import type { RefreshLeases, RefreshState, RefreshStateReader } from '../../lib/store/refresh-leases.ts';
import { describeEngine } from './every-port.ts';

/** Other calls run between any two operations, as they do between two requests to a database. */
class Toy {
  private readonly map = new Map<string, unknown>();

  async read<T>(key: string, deadline: Deadline): Promise<T | undefined> {
    deadline.check();
    await turn();
    return this.map.get(key) as T | undefined;
  }

  /** Writes, or deletes with undefined, if what is there is still the value that was read. */
  async swap(key: string, read: unknown, value: unknown, deadline: Deadline): Promise<boolean> {
    deadline.check();
    await turn();
    if (this.map.get(key) !== read) return false;
    if (value === undefined) this.map.delete(key);
    else this.map.set(key, value);
    return true;
  }

  async scan<T>(prefix: string, deadline: Deadline): Promise<readonly (readonly [string, T])[]> {
    deadline.check();
    await turn();
    const found = [...this.map].filter(([key]) => key.startsWith(prefix));
    return found.map(([key, value]) => [key.slice(prefix.length), value as T] as const);
  }

  /** Reads and swaps until nobody came between. @param change gives the new value and the result, or only a result */
  async change<T, R>(
    key: string,
    deadline: Deadline,
    change: (value: T | undefined) => { readonly value?: T | undefined; readonly result: R },
  ): Promise<R> {
    for (;;) {
      const read = await this.read<T>(key, deadline);
      const changed = change(read);
      if (!('value' in changed) || (await this.swap(key, read, changed.value, deadline)))
        return changed.result;
    }
  }
}

const tombstoneMs = 30 * 86_400_000;
const documentBytes = 4 << 20;

function jobStore(toy: Toy, now: () => Date): JobStore {
  let writes = 0;
  const unlessExpired = (stored: StoredJob | undefined): StoredJob | undefined => {
    const expired =
      stored?.document.deleted === true && now().getTime() - stored.syncedAt.getTime() > tombstoneMs;
    return expired ? undefined : stored;
  };
  const copy = (document: Document): Document =>
    document.deleted ? document : { ...document, job: Uint8Array.from(document.job) };
  return {
    async get(jobId, { deadline, caller, meter }) {
      if (meter !== undefined) meter.reads++;
      const readAtMs = now().getTime();
      const stored = unlessExpired(await toy.read<StoredJob>(`job/${jobId}`, deadline));
      if (stored === undefined || caller?.mayRead(projectOf(stored)) === false) return undefined;
      return { ...stored, readAtMs };
    },
    put(jobId, document, { expect, deadline }) {
      if (!document.deleted && document.job.length > documentBytes) return Promise.reject(tooLarge());
      const written = { document: copy(document), syncedAt: now(), generation: String(++writes) };
      const indexed = !document.deleted && indexEntryOf(document) !== undefined;
      return toy.change<StoredJob, Awaited<ReturnType<JobStore['put']>>>(`job/${jobId}`, deadline, (read) => {
        const current = unlessExpired(read);
        if (!mayReplace(current, document, expect)) return { result: { written: false, current } };
        return { value: { ...written, indexed }, result: { written: true } };
      });
    },
    removeLeftovers: async (jobId, deadline) => {
      await toy.read(`job/${jobId}`, deadline);
    },
  };
}

function projectOf({ document }: StoredJob): string {
  return document.deleted ? '' : readJobHeading(document.job).projectId;
}

function tooLarge(): Status {
  return new Status('DOCUMENT_TOO_LARGE', `the job has too many bytes; at most ${documentBytes} can be kept`);
}

function jobIndex(toy: Toy): JobIndex {
  return {
    async list(projectId, { dueBefore, deadline }) {
      const jobs = (await toy.scan<StoredJob>('job/', deadline)).flatMap(([jobId, stored]) => {
        const { document, syncedAt } = stored;
        const entry = document.deleted ? undefined : indexEntryOf(document);
        if (entry === undefined || projectOf(stored) !== projectId) return [];
        if (dueBefore !== undefined && !isDueBefore(entry, dueBefore)) return [];
        return [[jobId, { jobId, syncedAt, ...entry }] as const];
      });
      return new Map(jobs);
    },
  };
}

interface Lease {
  readonly holder: string;
  readonly until: Date;
  readonly state: RefreshState;
}

const noRounds = { sweepPages: 0 } as RefreshState;

function refreshLeases(toy: Toy, now: () => Date): RefreshLeases & RefreshStateReader {
  return {
    acquire: (projectId, holder, until, deadline) =>
      toy.change<Lease, RefreshState | 'held elsewhere'>(`lease/${projectId}`, deadline, (lease) => {
        if (lease !== undefined && lease.holder !== holder && lease.until > now())
          return { result: 'held elsewhere' };
        const state = lease?.state ?? noRounds;
        return { value: { holder, until, state }, result: state };
      }),
    update: (projectId, holder, state, { until, deadline }) =>
      toy.change<Lease, boolean>(`lease/${projectId}`, deadline, (lease) =>
        lease?.holder === holder ? { value: { holder, until, state }, result: true } : { result: false },
      ),
    read: async (projectId, deadline) => (await toy.read<Lease>(`lease/${projectId}`, deadline))?.state,
  };
}

function reserveOn(toy: Toy): ReservePermit {
  return ({ nowUs, spacingUs, latestUs, neverUs }, deadline) =>
    toy.change<number, number | undefined>('quota', deadline, (nextUs = nowUs) => {
      const permitUs = nextUs < nowUs || nextUs > neverUs ? nowUs : nextUs;
      return permitUs > latestUs ? { result: undefined } : { value: permitUs + spacingUs, result: permitUs };
    });
}

function backfillProgress(toy: Toy): BackfillProgress {
  const replace = (
    projectId: string,
    value: BackfillState | undefined,
    deadline: Deadline,
  ): Promise<undefined> =>
    toy.change<BackfillState, undefined>(`backfill/${projectId}`, deadline, () => ({
      value,
      result: undefined,
    }));
  return {
    read: (projectId, deadline) => toy.read(`backfill/${projectId}`, deadline),
    write: replace,
    clear: (projectId, deadline) => replace(projectId, undefined, deadline),
  };
}

describeEngine('a toy engine made of a Map', () =>
  Promise.resolve({
    open: (now) => {
      const toy = new Toy();
      const leases = refreshLeases(toy, now);
      return Promise.resolve({
        jobs: jobStore(toy, now),
        index: jobIndex(toy),
        leases,
        states: leases,
        backfills: backfillProgress(toy),
        quota: (options: QuotaOptions) => createQuota(reserveOn(toy), options),
      });
    },
    stop: () => Promise.resolve(),
  }),
);
