/** An engine under test, and what the suites of this folder share: one suite a port, which every engine passes. */
import type { Document } from '../../lib/job/document.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { BackfillProgress } from '../../lib/store/backfill-progress.ts';
import type { JobIndex } from '../../lib/store/job-index.ts';
import type { Expectation, JobStore } from '../../lib/store/job-store.ts';
import type { Quota, QuotaOptions } from '../../lib/store/quota.ts';
import type { RefreshLeases, RefreshStateReader } from '../../lib/store/refresh-leases.ts';

/** Every port of one engine. */
export interface Ports {
  /** Keeps tombstones for 30 days, and writes the index. */
  readonly jobs: JobStore;
  readonly index: JobIndex;
  readonly leases: RefreshLeases;
  readonly states: RefreshStateReader;
  readonly backfills: BackfillProgress;
  /** The quota of one more process. */
  readonly quota: (options: QuotaOptions) => Quota;
}

export interface Engine {
  /** Gives ports over a new store with nothing in it. */
  readonly open: (now: () => Date) => Promise<Ports>;
  readonly stop: () => Promise<void>;
}

/**
 * What an engine need not show in a suite, by category, and why it cannot:
 *
 * - `expiry`: that a tombstone is forgotten when its days are over
 */
export type Exceptions = Readonly<Partial<Record<'expiry', string>>>;

/** A clock that stands unless it is set. */
export class TestClock {
  ms = Date.parse('2026-11-23T12:00:00Z');
  readonly now = (): Date => new Date(this.ms);

  /** The moment that is so many seconds away. */
  in(seconds: number): Date {
    return new Date(this.ms + seconds * 1000);
  }
}

export const soon = (): Deadline => new Deadline(20_000);

/** A document of the job `j1`, unless said otherwise, written and read as writers and readers do. */
export const get = (jobs: JobStore, id = 'j1') => jobs.get(id, { consistent: true, deadline: soon() });
export const put = (jobs: JobStore, document: Document, expect: Expectation = 'nothing-newer', id = 'j1') =>
  jobs.put(id, document, { expect, deadline: soon() });
