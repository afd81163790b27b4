import type { Document } from '../job/document.ts';
import { readJobHeading } from '../job/job-heading.ts';
import { Status } from '../runtime/status.ts';
import { indexEntryOf, type IndexEntry } from '../store/job-index.ts';
import { mayReplace, type JobStore, type StoredJob } from '../store/job-store.ts';
import { step } from './step.ts';

export interface MemoryJobStoreOptions {
  /** How long a deleted job's tombstone is kept. */
  readonly tombstoneDays: number;
  /** The most bytes that a Job may have; 4 MiB unless set. */
  readonly documentBytes?: number;
  /** The clock. */
  readonly now?: () => Date;
}

/** A job as this engine keeps it. */
export interface Row {
  readonly stored: StoredJob;
  /** Empty for a tombstone, and for a job without a project. */
  readonly projectId: string;
  /** Undefined if the index does not have the job. */
  readonly entry: IndexEntry | undefined;
}

const dayMs = 86_400_000;

/** @returns the store, and what is in it by job id */
export function createMemoryJobStore(options: MemoryJobStoreOptions): {
  readonly store: JobStore;
  readonly rows: ReadonlyMap<string, Row>;
} {
  const { tombstoneDays, documentBytes = 4 << 20, now = () => new Date() } = options;
  const rows = new Map<string, Row>();
  /** Ids of deleted jobs, in the order of their deletion. */
  const deleted = new Set<string>();
  let writes = 0;

  const forgetOldTombstones = (): void => {
    const before = now().getTime() - tombstoneDays * dayMs;
    for (const jobId of deleted) {
      if (rows.get(jobId)!.stored.syncedAt.getTime() > before) return;
      rows.delete(jobId);
      deleted.delete(jobId);
    }
  };

  const makeRow = (document: Document): Row => {
    const syncedAt = now();
    if (document.deleted)
      return { stored: { document, syncedAt, generation: '' }, projectId: '', entry: undefined };
    // A copy: the caller's bytes may be part of something larger, or change.
    const job = new Uint8Array(document.job);
    const entry = indexEntryOf(document);
    const generation = String(++writes);
    return {
      stored: { document: { ...document, job }, syncedAt, generation, indexed: entry !== undefined },
      projectId: readJobHeading(job).projectId,
      entry,
    };
  };

  const store: JobStore = {
    get: (jobId, { deadline, caller, meter }) => {
      if (meter !== undefined) meter.reads++;
      return step(deadline, () => {
        forgetOldTombstones();
        const row = rows.get(jobId);
        if (row === undefined || caller?.mayRead(row.projectId) === false) return undefined;
        return { ...row.stored, readAtMs: now().getTime() };
      });
    },

    put: (jobId, document, { expect, deadline }) =>
      step(deadline, () => {
        refuseTooLarge(document, documentBytes);
        forgetOldTombstones();
        const current = rows.get(jobId)?.stored;
        if (!mayReplace(current, document, expect)) return { written: false, current };
        rows.set(jobId, makeRow(document));
        if (document.deleted) deleted.add(jobId);
        return { written: true };
      }),

    removeLeftovers: (_, deadline) => step(deadline, () => undefined),
  };
  return { store, rows };
}

function refuseTooLarge(document: Document, documentBytes: number): void {
  if (document.deleted || document.job.length <= documentBytes) return;
  throw new Status(
    'DOCUMENT_TOO_LARGE',
    `the job has ${document.job.length} bytes; at most ${documentBytes} can be kept`,
  );
}
