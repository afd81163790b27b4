import type { Caller } from '../auth/authenticator.ts';
import { isVisible, type VisibleDocument } from '../job/document.ts';
import { readJobHeading } from '../job/job-heading.ts';
import { isRunning } from '../job/job-status.ts';
import type { StoredJob } from '../store/job-store.ts';

/** A visible job, with what reading needs to know of it. */
export interface ReadableJob {
  readonly document: VisibleDocument;
  readonly projectId: string;
  /** A JobStatus number. */
  readonly status: number;
  readonly running: boolean;
  readonly syncedAt: Date;
  /** When its read began, in milliseconds since 1970; undefined if rounds of refreshing do not confirm what was read. */
  readonly readAtMs: number | undefined;
}

/** What was read of jobs that are still at hand, as those are that several callers share. */
const readable = new WeakMap<StoredJob, ReadableJob>();

/** The stored job for those who may read it; undefined if it is deleted or not visible yet. */
export function readableJob(stored: StoredJob | undefined): ReadableJob | undefined {
  if (stored === undefined) return undefined;
  const known = readable.get(stored);
  if (known !== undefined) return known;
  const { document, syncedAt, indexed } = stored;
  if (!isVisible(document)) return undefined;
  const { projectId, status } = readJobHeading(document.job);
  // What the index does not have, no round confirms.
  const readAtMs = indexed === true ? stored.readAtMs : undefined;
  const job = { document, projectId, status, running: isRunning(status), syncedAt, readAtMs };
  readable.set(stored, job);
  return job;
}

/** The stored job, if this caller may know of it. */
export function jobForCaller(stored: StoredJob | undefined, caller: Caller): ReadableJob | undefined {
  const job = readableJob(stored);
  return job !== undefined && caller.mayRead(job.projectId) ? job : undefined;
}
