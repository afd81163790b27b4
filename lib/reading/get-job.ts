import { crc32 } from 'node:zlib';
import type { Authenticator, Caller, Credentials } from '../auth/authenticator.ts';
import { Deadline } from '../runtime/deadline.ts';
import { isVisible, reflects, revisionOf, type VisibleDocument } from '../job/document.ts';
import { applyFieldMask, type FieldMask } from '../protobuf/field-mask.ts';
import { describeJobIdProblem } from '../job/job-id.ts';
import { readJobHeading } from '../job/job-heading.ts';
import { isRunning } from '../job/job-status.ts';
import { readJobLife } from '../job/job-life.ts';
import { invalidArgument, Status } from '../runtime/status.ts';
import type { JobReader, ReadMeter, StoredJob } from '../store/job-store.ts';
import { Floor } from './floor.ts';
import type { Freshness } from './freshness.ts';
import { pollAfterSeconds } from './poll-after.ts';
import type { ReadThrough } from './read-through.ts';

export type { ReadMeter };

/** A Get, whatever protocol it came by. */
export interface GetJobRequest {
  readonly jobId: string;
  /** What to answer with; undefined for the whole job. */
  readonly fieldMask?: FieldMask | undefined;
  /** The answer must reflect this revision. */
  readonly minRevision?: bigint | undefined;
  /** Whether the answer must show every write that was acknowledged before. */
  readonly consistent?: boolean | undefined;
}

/** The answer to a Get. */
export interface JobAnswer {
  /** The Job's protobuf bytes, as stored, or what the mask left of them. */
  readonly job: Uint8Array;
  readonly revision: bigint;
  /**
   * `"<revision>-<CRC-32 of the bytes of job, hex>"`, quotes included: equal tags mean equal answers. Computed when it is
   * asked for.
   */
  readonly etag: string;
  /** When it was last known for sure that this is what upstream has. */
  readonly syncedAt: Date;
  /** Whether the job has not ended. */
  readonly running: boolean;
  /** How many seconds a poller does well to wait before it asks again. */
  readonly pollAfterSeconds: number;
}

export interface GetJobParts {
  readonly store: JobReader;
  readonly authenticator: Authenticator;
  /**
   * How long after the read began NOT_FOUND is answered to those who may not read everything, in milliseconds; 50 unless
   * set. A read that finds a job that
   * the caller may not know of takes longer than one that finds nothing, since there is more to transfer and to parse:
   * that must not show.
   */
  readonly notFoundAfterMs?: number;
  /** Knows when running jobs were last looked at upstream; undefined where nobody looks at them. */
  readonly freshness?: Freshness | undefined;
  /** Asks upstream for jobs that the table does not have; undefined where nobody is asked. */
  readonly readThrough?: ReadThrough | undefined;
}

/** How soon an answer that waits for a revision is worth asking for again, in milliseconds. */
const minRevisionRetryMs = 1000;

/**
 * Answers ProjectJobService.Get.
 *
 * @param meter adds up what is spent on reading
 * @throws {Status} INVALID_ARGUMENT for a bad id; UNAUTHENTICATED; NOT_FOUND, which is one answer for a job
 *   that does not exist, is not visible yet, was deleted, or is in a project that the caller may not read; UNAVAILABLE
 *   where `minRevision` is not reflected yet, or the store, or upstream for a job that the table does not have, cannot
 *   be reached; DEADLINE_EXCEEDED
 */
export async function getJob(
  { store, authenticator, notFoundAfterMs = 50, freshness, readThrough }: GetJobParts,
  request: GetJobRequest,
  credentials: Credentials,
  deadline: Deadline,
  meter?: ReadMeter,
): Promise<JobAnswer> {
  const { jobId, fieldMask, minRevision } = request;
  const problem = describeJobIdProblem(jobId);
  if (problem !== undefined) throw invalidArgument('job_id', problem);
  const caller = await authenticator.authenticate(credentials, deadline);

  const satisfies = (found: ReadableJob | undefined): boolean =>
    found !== undefined && (minRevision === undefined || reflects(found.document, minRevision));
  const read = async (seesAll: boolean): Promise<ReadableJob | undefined> =>
    readable(await store.get(jobId, { consistent: seesAll, deadline, caller, meter }), caller);
  const consistent = request.consistent === true;
  const upstreamDeadline =
    readThrough && new Deadline(Math.min(readThrough.budgetMs, deadline.remainingMs() - answerMs));
  const floorMs = upstreamDeadline?.remainingMs() ?? Math.min(notFoundAfterMs, deadline.remainingMs() / 2);
  const floor = caller.readsEverything === true ? undefined : new Floor(floorMs);
  let found: ReadableJob | undefined;
  try {
    found = await read(consistent);
    // Whoever names a revision knows of a write that a lagging read may not show. Hidden jobs take the same two reads
    // as absent ones.
    if (minRevision !== undefined && !consistent && !satisfies(found)) found = await read(true);
    // Upstream is asked for hidden jobs as for absent ones, so that nothing tells one from the other.
    if (found === undefined && upstreamDeadline !== undefined)
      found = readable(await readThrough?.read(jobId, upstreamDeadline), caller);
    if (found === undefined) await floor?.over;
  } finally {
    floor?.cancel();
  }
  if (found === undefined) throw new Status('JOB_NOT_FOUND', `job ${jobId} was not found`);
  if (!satisfies(found)) throw notReflectedYet(jobId, minRevision!);

  if (fieldMask === undefined && freshness === undefined) return found.answer;
  const job = fieldMask === undefined ? found.document.job : applyFieldMask(fieldMask, found.document.job);
  return answerOf(await refreshed(found, freshness, deadline, meter), job, freshness?.refreshSeconds);
}

/** What of the caller's time is kept for the answer where upstream is asked, in milliseconds. */
const answerMs = 50;

/** The job with what the rounds of refreshing know of it. */
async function refreshed(
  found: ReadableJob,
  freshness: Freshness | undefined,
  deadline: Deadline,
  meter: ReadMeter | undefined,
): Promise<JobFacts> {
  const { running, readAtMs } = found;
  if (freshness === undefined || !running || readAtMs === undefined) return found;
  return { ...found, syncedAt: await freshness.confirmedAt({ ...found, readAtMs }, deadline, meter) };
}

function answerOf(facts: JobFacts, job: Uint8Array, refreshSeconds?: number): JobAnswer {
  const { document, syncedAt, status, running } = facts;
  const revision = revisionOf(document);
  return {
    job,
    revision,
    get etag() {
      return entityTag(revision, job);
    },
    syncedAt,
    running,
    get pollAfterSeconds() {
      const { startedAt } = running ? readJobLife(document.job) : { startedAt: undefined };
      const ranForSeconds = startedAt === undefined ? 0 : Date.now() / 1000 - startedAt;
      return pollAfterSeconds(status, ranForSeconds, refreshSeconds);
    },
  };
}

/** The revision alone would not do: a late patch changes the job without raising it. */
function entityTag(revision: bigint, job: Uint8Array): string {
  return `"${String(revision)}-${crc32(job).toString(16).padStart(8, '0')}"`;
}

interface JobFacts {
  readonly document: VisibleDocument;
  readonly syncedAt: Date;
  readonly status: number;
  readonly running: boolean;
}

interface ReadableJob extends JobFacts {
  readonly projectId: string;
  /** Undefined where it was not read from the table, or rounds do not look at it. */
  readonly readAtMs: number | undefined;
  /** For those who ask for the whole job. */
  readonly answer: JobAnswer;
}

/** What was made of jobs that are still at hand, as those are which several callers share. */
const made = new WeakMap<StoredJob, ReadableJob>();

/** The stored job, if this caller may know of it. */
function readable(stored: StoredJob | undefined, caller: Caller): ReadableJob | undefined {
  if (stored === undefined) return undefined;
  const job = made.get(stored) ?? makeReadable(stored);
  return job !== undefined && caller.mayRead(job.projectId) ? job : undefined;
}

function makeReadable(stored: StoredJob): ReadableJob | undefined {
  const { document, syncedAt, indexed } = stored;
  if (!isVisible(document)) return undefined;
  const { projectId, status } = readJobHeading(document.job);
  const facts = { document, syncedAt, status, running: isRunning(status) };
  // What the index does not have, no round confirms.
  const readAtMs = indexed === true ? stored.readAtMs : undefined;
  const job = { ...facts, projectId, readAtMs, answer: answerOf(facts, document.job) };
  made.set(stored, job);
  return job;
}

function notReflectedYet(jobId: string, revision: bigint): Status {
  return new Status(
    'REVISION_NOT_REFLECTED',
    `job ${jobId} does not reflect revision ${String(revision)} yet`,
    {
      details: [{ type: 'RetryInfo', retryDelayMs: minRevisionRetryMs }],
    },
  );
}
