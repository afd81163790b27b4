/** Several workers read one job from a linearizable upstream while it changes, and their reads overlap in any way. */
import fc from 'fast-check';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { Document } from '../../lib/job/document.ts';
import { syncJobs, type Delivery } from '../../lib/feeding/sync-jobs.ts';
import { Status } from '../../lib/runtime/status.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { jobBytes } from '../support/documents.ts';
import { storeOnTable } from './simulation/store-on-table.ts';
import { SimulatedTable } from './simulation/simulated-table.ts';

export interface Circumstances {
  /** Which moment of a read is the revision of what it answers; only the beginning is right. */
  readonly revision: 'begin' | 'end';
  /** How far the workers' clocks may be from each other, in microseconds. */
  readonly skew: number;
  /** How long after the last change the last read begins, in microseconds. */
  readonly wait: number;
}

const jobId = 'j1';
const notice: Delivery = {
  event: { eventId: '', jobId, revision: 0n, occurredAt: undefined, news: 'changed', unknownFields: 0 },
  redelivered: false,
};

/** What happens: how often the job changes, whether it is deleted in the end, and who reads it how often. */
const plans = (skew: number) =>
  fc.record({
    updates: fc.integer({ min: 0, max: 4 }),
    deleted: fc.boolean(),
    workers: fc.array(
      fc.record({ reads: fc.integer({ min: 1, max: 3 }), clock: fc.integer({ min: 0, max: skew }) }),
      { minLength: 1, maxLength: 3 },
    ),
    last: fc.integer({ min: 0, max: skew }),
  });

/**
 * Once a read that began after the last change is merged, the document is what upstream has. A deletion takes one that
 * began after the reads before it were merged.
 */
export function lastReadWins({ revision, skew, wait }: Circumstances) {
  return fc.asyncProperty(fc.scheduler(), plans(skew), async (scheduler, plan) => {
    const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
    let now = 1_000_000;
    let state: Uint8Array | undefined;

    const live = async (): Promise<void> => {
      const states = Array.from({ length: plan.updates + 1 }, (_, at) => jobBytes({ name: `state-${at}` }));
      for (const next of [...states, ...(plan.deleted ? [undefined] : [])]) {
        await turn();
        now++;
        state = next;
      }
    };
    /** Upstream as a worker sees it: it answers with what is there at some moment between asking and answering. */
    const upstreamOf = (clock: number): JobSource => ({
      async get() {
        const begin = now++;
        await turn();
        const job = state;
        await turn();
        const end = now++;
        return { job, readAt: BigInt((revision === 'begin' ? begin : end) + clock) };
      },
      list: () => Promise.reject(new Error('nobody should list')),
      close: () => undefined,
    });
    const store = storeOnTable(
      new SimulatedTable({ returnsItemOnFailure: true, lag: () => 0, pageSize: 100 }),
      turn,
    );
    const work = async (clock: number): Promise<void> => {
      const parts = {
        store,
        upstream: upstreamOf(clock),
        redactEnvValues: false,
        random: () => 0.5,
        sleep: turn,
      };
      const [outcome] = await syncJobs(parts, [notice], noHurry());
      if (outcome instanceof Status) throw outcome;
    };

    const workers = plan.workers.map(async ({ reads, clock }) => {
      for (let read = 0; read < reads; read++) await work(clock);
    });
    const changes = live().then(() => {
      now += wait;
    });
    // The last read may begin while others that are older than the last change are still under way.
    const last = changes.then(() => work(plan.last));
    await scheduler.waitFor(Promise.all([...workers, last]));
    // That a job is gone leaves no trace where nothing was known of it, so that an older read may still bring it: then it
    // takes a read that began after that one was merged.
    if (plan.deleted) await scheduler.waitFor(work(plan.last));

    const found = scheduler.waitFor(store.get(jobId, { consistent: true, deadline: noHurry() }));
    return isState((await found)?.document, state);
  });
}

/** A deleted job need not have been seen while it was there. */
function isState(document: Document | undefined, state: Uint8Array | undefined): boolean {
  if (state === undefined) return document === undefined || document.deleted;
  return document?.deleted === false && Buffer.compare(document.job, state) === 0;
}

function noHurry(): Deadline {
  const { signal } = new AbortController();
  return new Deadline(20_000, { clock: { now: () => 0, timeout: () => signal } });
}
