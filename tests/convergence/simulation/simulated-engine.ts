import type { Document } from '../../../lib/job/document.ts';
import type { JobReader, JobStore } from '../../../lib/store/job-store.ts';
import type { Log } from '../../../lib/telemetry/log.ts';
import type { Faults } from './faults.ts';
import type { Process } from './network.ts';
import type { World } from './world.ts';

/** What a simulation runs on: a store, and the network between it and the processes that call it. */
export interface SimulatedEngine {
  /** The store, as one process that writes reaches it. */
  readonly writer: (process: Process, log: Log) => JobStore;
  /** The store, as one process that reads reaches it. */
  readonly reader: (process: Process) => JobReader;
  /** The document that a consistent read would give, found without a call; undefined if there is none as a whole. */
  readonly current: (jobId: string) => Document | undefined;
  /** What crashed writers of the job left behind. */
  readonly leftovers: (jobId: string) => readonly string[];
}

export interface SimulatedEngineOptions {
  readonly world: World;
  readonly faults: Faults;
  /**
   * Called with each document that became visible to readers, at that moment; undefined for one that cannot be read as a
   * whole. `replaces`: whether the store held another document of the job.
   */
  readonly written: (jobId: string, document: Document | undefined, replaces: boolean) => void;
}

/** What a simulated moment is on the calendar. */
export const epochMs = 1_795_000_000_000;

export const tombstoneDays = 30;
