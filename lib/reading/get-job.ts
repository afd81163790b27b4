/** The use case Get: authorise, find, present. */
import type { Authenticator, Caller, Credentials } from '../auth/authenticator.ts';
import { describeJobIdProblem } from '../job/job-id.ts';
import type { FieldMask } from '../protobuf/field-mask.ts';
import { invalidArgument, Status } from '../runtime/status.ts';
import type { JobReader } from '../store/job-store.ts';
import {
  findInStore,
  orAskUpstream,
  readThroughMs,
  satisfies,
  type FindJob,
  type JobQuery,
  type Search,
} from './find-job.ts';
import { withMinimumResponseTime } from './minimum-response-time.ts';
import { presentJob, type JobAnswer, type PresentDeps } from './present-job.ts';
import type { ReadThrough } from './read-through.ts';
import type { ReadableJob } from './readable-job.ts';

/** A Get, whatever protocol it came by. */
export interface GetJobRequest extends JobQuery {
  /** What to answer with; undefined for the whole job. */
  readonly fieldMask?: FieldMask | undefined;
}

/** Who asks, and what the answer may cost. */
export interface GetJobCall extends Search {
  readonly credentials: Credentials;
}

export interface GetJobDeps extends PresentDeps {
  readonly store: JobReader;
  readonly authenticator: Authenticator;
  /**
   * How long after the search began NOT_FOUND is answered to those who may not read everything, in milliseconds; 50 unless
   * set. If upstream is asked, it is the longest that asking may take.
   */
  readonly notFoundAfterMs?: number;
  /** Asks upstream for jobs that the table does not have; undefined if upstream is not asked. */
  readonly readThrough?: ReadThrough | undefined;
}

/**
 * Answers a Get.
 *
 * @throws {Status} INVALID_ARGUMENT for a bad id; UNAUTHENTICATED; NOT_FOUND, which is one answer for a job
 *   that does not exist, is not visible yet, was deleted, or is in a project that the caller may not read; UNAVAILABLE
 *   if `minRevision` is not reflected yet, or the store, or upstream for a job that the table does not have, cannot
 *   be reached; DEADLINE_EXCEEDED
 */
export type GetJob = (request: GetJobRequest, call: GetJobCall) => Promise<JobAnswer>;

export function createGetJob(deps: GetJobDeps): GetJob {
  const findJob = finderOf(deps);
  return async (request, call) => {
    const caller = await authorise(deps.authenticator, request, call);
    const found = await find(findJob, request, caller, call);
    return presentJob(found, request.fieldMask, deps, call);
  };
}

function finderOf({ store, readThrough, notFoundAfterMs = 50 }: GetJobDeps): FindJob {
  const findJob = findInStore(store);
  return readThrough === undefined
    ? withMinimumResponseTime(findJob, (remainingMs) => Math.min(notFoundAfterMs, remainingMs / 2))
    : withMinimumResponseTime(orAskUpstream(findJob, readThrough), (remainingMs) =>
        readThroughMs(readThrough, remainingMs),
      );
}

async function authorise(
  authenticator: Authenticator,
  { jobId }: GetJobRequest,
  { credentials, deadline }: GetJobCall,
): Promise<Caller> {
  const problem = describeJobIdProblem(jobId);
  if (problem !== undefined) throw invalidArgument('job_id', problem);
  return authenticator.authenticate(credentials, deadline);
}

async function find(findJob: FindJob, query: JobQuery, caller: Caller, search: Search): Promise<ReadableJob> {
  const { jobId, minRevision } = query;
  const found = await findJob(query, caller, search);
  if (found === undefined) throw new Status('JOB_NOT_FOUND', `job ${jobId} was not found`);
  if (!satisfies(found, query)) throw notReflectedYet(jobId, minRevision!);
  return found;
}

/** How soon an answer that waits for a revision is worth asking for again, in milliseconds. */
const minRevisionRetryMs = 1000;

function notReflectedYet(jobId: string, revision: bigint): Status {
  return new Status(
    'REVISION_NOT_REFLECTED',
    `job ${jobId} does not reflect revision ${String(revision)} yet`,
    { details: [{ type: 'RetryInfo', retryDelayMs: minRevisionRetryMs }] },
  );
}
