import { crc32 } from 'node:zlib';
import { revisionOf } from '../job/document.ts';
import { readJobLife } from '../job/job-life.ts';
import { applyFieldMask, type FieldMask } from '../protobuf/field-mask.ts';
import type { Search } from './find-job.ts';
import type { Freshness } from './freshness.ts';
import { pollAfterSeconds } from './poll-after.ts';
import type { ReadableJob } from './readable-job.ts';

/** A job as a caller gets it. */
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

export interface PresentDeps {
  /** Knows when running jobs were last looked at upstream; undefined if they are not looked at. */
  readonly freshness?: Freshness | undefined;
  /** Milliseconds since 1970; the system's clock unless set. */
  readonly now?: () => number;
}

/**
 * Answers with whole jobs that are still at hand, as those are that several callers share. They live as long as what was
 * read, which is seconds: less than matters to `pollAfterSeconds`.
 */
const wholeAnswers = new WeakMap<ReadableJob, JobAnswer>();

/** Makes the answer of what was found, or of what a mask leaves of it. */
export async function presentJob(
  found: ReadableJob,
  fieldMask: FieldMask | undefined,
  { freshness, now = Date.now }: PresentDeps,
  search: Search,
): Promise<JobAnswer> {
  const isShared = fieldMask === undefined && freshness === undefined;
  const known = isShared ? wholeAnswers.get(found) : undefined;
  if (known !== undefined) return known;
  const job = fieldMask === undefined ? found.document.job : applyFieldMask(fieldMask, found.document.job);
  const syncedAt = freshness === undefined ? found.syncedAt : await confirmedAt(found, freshness, search);
  const revision = revisionOf(found.document);
  const answer: JobAnswer = {
    job,
    revision,
    get etag() {
      return entityTag(revision, job);
    },
    syncedAt,
    running: found.running,
    pollAfterSeconds: pollAfter(found, now(), freshness?.refreshSeconds),
  };
  if (isShared) wholeAnswers.set(found, answer);
  return answer;
}

/** When the job was last known for sure to be what upstream has, with what the rounds of refreshing know of it. */
function confirmedAt(
  { running, readAtMs, projectId, syncedAt }: ReadableJob,
  freshness: Freshness,
  { deadline, meter }: Search,
): Date | Promise<Date> {
  if (!running || readAtMs === undefined) return syncedAt;
  return freshness.confirmedAt({ projectId, syncedAt, readAtMs }, deadline, meter);
}

function pollAfter(
  { document, status, running }: ReadableJob,
  nowMs: number,
  refreshSeconds: number | undefined,
): number {
  const startedAt = running ? readJobLife(document.job).startedAt : undefined;
  const ranForSeconds = startedAt === undefined ? 0 : nowMs / 1000 - startedAt;
  return pollAfterSeconds(status, ranForSeconds, refreshSeconds);
}

/** The revision alone would not do: a late patch changes the job without raising it. */
function entityTag(revision: bigint, job: Uint8Array): string {
  return `"${String(revision)}-${crc32(job).toString(16).padStart(8, '0')}"`;
}
