import type { Caller } from '../auth/authenticator.ts';
import { reflects } from '../job/document.ts';
import { Deadline } from '../runtime/deadline.ts';
import type { JobReader, ReadMeter } from '../store/job-store.ts';
import type { ReadThrough } from './read-through.ts';
import { jobForCaller, type ReadableJob } from './readable-job.ts';

export type { ReadMeter };

/** Which job, and how new it must be. */
export interface JobQuery {
  readonly jobId: string;
  /** What is found should reflect this revision. */
  readonly minRevision?: bigint | undefined;
  /** Whether what is found must show every write that was acknowledged before. */
  readonly consistent?: boolean | undefined;
}

/** What a search may cost. */
export interface Search {
  readonly deadline: Deadline;
  /** Adds up what is spent on reading. */
  readonly meter?: ReadMeter | undefined;
}

/**
 * Finds a job that the caller may read; undefined for every other one, whether it exists or not. What is found may be older
 * than `minRevision`, if that has not come.
 *
 * @throws {Status} as reading and asking upstream do
 */
export type FindJob = (query: JobQuery, caller: Caller, search: Search) => Promise<ReadableJob | undefined>;

export function satisfies(found: ReadableJob | undefined, { minRevision }: JobQuery): boolean {
  return found !== undefined && (minRevision === undefined || reflects(found.document, minRevision));
}

/** Looks into the store. */
export function findInStore(store: JobReader): FindJob {
  return async (query, caller, search) => {
    const { jobId, minRevision, consistent = false } = query;
    const { deadline, meter } = search;
    const read = async (seesAll: boolean): Promise<ReadableJob | undefined> =>
      jobForCaller(await store.get(jobId, { consistent: seesAll, deadline, caller, meter }), caller);
    const found = await read(consistent);
    // Callers who name a revision know of a write that a lagging read may not show. Hidden jobs take the same two reads as
    // absent ones.
    if (minRevision !== undefined && !consistent && !satisfies(found, query)) return read(true);
    return found;
  };
}

/** What of the caller's time is kept for the answer when upstream is asked, in milliseconds. */
const answerMs = 50;

/** How long a search may take that asks upstream, in milliseconds, given what is left of the caller's time. */
export function readThroughMs({ budgetMs }: ReadThrough, remainingMs: number): number {
  return Math.min(budgetMs, remainingMs - answerMs);
}

/**
 * Asks upstream for what is not found. It is asked for hidden jobs as for absent ones, so that nothing tells one from the
 * other.
 */
export function orAskUpstream(find: FindJob, readThrough: ReadThrough): FindJob {
  return async (query, caller, search) => {
    const deadline = new Deadline(readThroughMs(readThrough, search.deadline.remainingMs()));
    const found = await find(query, caller, search);
    return found ?? jobForCaller(await readThrough.read(query.jobId, deadline), caller);
  };
}
