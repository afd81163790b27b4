/**
 * The engine that keeps everything in this process: each port over a plain map. It is for the contracts, the simulation,
 * and a service that is one process and may forget. Nothing survives the process. A call is one step of the event loop, so
 * writes never overlap, every read is consistent, and a crash leaves nothing behind.
 */
import type { BackfillProgress } from '../store/backfill-progress.ts';
import type { JobIndex } from '../store/job-index.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Quota, QuotaOptions } from '../store/quota.ts';
import type { RefreshLeases, RefreshStateReader } from '../store/refresh-leases.ts';
import { createMemoryBackfillProgress } from './backfill-progress.ts';
import { createMemoryJobIndex } from './job-index.ts';
import { createMemoryJobStore, type MemoryJobStoreOptions } from './job-store.ts';
import { createMemoryQuota } from './quota.ts';
import { createMemoryRefreshLeases } from './refresh-leases.ts';

export interface MemoryEngine {
  readonly jobs: JobStore;
  readonly index: JobIndex;
  readonly leases: RefreshLeases & RefreshStateReader;
  readonly backfills: BackfillProgress;
  /** Makes a quota; all of them share their permits. */
  readonly quota: (options: QuotaOptions) => Quota;
}

/**
 * @example
 * const { jobs } = createMemoryEngine({ tombstoneDays: 30 });
 * await jobs.put('bt1a2b3c', document, { expect: 'nothing-newer', deadline: new Deadline(1000) });
 */
export function createMemoryEngine(options: MemoryJobStoreOptions): MemoryEngine {
  const { store, rows } = createMemoryJobStore(options);
  return {
    jobs: store,
    index: createMemoryJobIndex(rows),
    leases: createMemoryRefreshLeases(options),
    backfills: createMemoryBackfillProgress(),
    quota: createMemoryQuota(),
  };
}
