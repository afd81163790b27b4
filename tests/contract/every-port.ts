import { describeBackfillProgress } from './backfill-progress.ts';
import type { Engine, Exceptions } from './engine.ts';
import { describeJobIndex } from './job-index.ts';
import { describeJobStore } from './job-store.ts';
import { describeQuota } from './quota.ts';
import { describeRefreshLeases } from './refresh-leases.ts';

/** Runs the suite of each port on an engine. */
export function describeEngine(
  name: string,
  start: () => Promise<Engine>,
  exceptions: Exceptions = {},
): void {
  describeJobStore(name, start, exceptions);
  describeJobIndex(name, start);
  describeRefreshLeases(name, start);
  describeQuota(name, start);
  describeBackfillProgress(name, start);
}
