import type { Deadline } from '../runtime/deadline.ts';
import { reflects, tombstone, type Document } from '../job/document.ts';
import { Status } from '../runtime/status.ts';
import type { JobReader, StoredJob } from '../store/job-store.ts';
import type { JobSource } from '../upstream/job-source.ts';
import { readFromUpstream, type Redaction } from './upstream-snapshot.ts';

export interface ReadNoticedParts extends Redaction {
  readonly store: JobReader;
  /** Where jobs are read that notices name. */
  readonly upstream?: JobSource | undefined;
}

/**
 * Reads what upstream says of a job that notices name.
 *
 * @param since a read that began then or later says all that the notices are about, so that a document of one is enough;
 *   undefined where there cannot be one yet
 * @returns the job as a snapshot; a tombstone where upstream has it no more; undefined where there is nothing to write:
 *   nothing is known of the job, here or there, or it has been read since
 * @throws {Status} as reading upstream and the table does, and FAILED_PRECONDITION where there is no upstream
 */
export async function readNoticed(
  { upstream, store, redactEnvValues }: ReadNoticedParts,
  jobId: string,
  since: bigint | undefined,
  deadline: Deadline,
): Promise<Document | undefined> {
  if (upstream === undefined) throw noUpstream();
  deadline.check();
  const known = (): Promise<StoredJob | undefined> => store.get(jobId, { consistent: true, deadline });
  if (since !== undefined) {
    const stored = await known();
    if (stored !== undefined && reflects(stored.document, since)) return undefined;
  }
  const read = (): Promise<Document | undefined> =>
    readFromUpstream(upstream, jobId, { redactEnvValues }, deadline);
  const found = await read();
  if (found !== undefined) return found;
  // A tombstone is final, and a notice may come before the part of upstream that is asked knows the job: only a job that
  // has been seen can be gone.
  const stored = await known();
  if (stored === undefined || stored.document.deleted) return undefined;
  // It may have been seen only since, by a read that overlapped: what upstream says after it was seen is the truth.
  return (await read()) ?? tombstone;
}

function noUpstream(): Status {
  return new Status(
    'UPSTREAM_NOT_CONFIGURED',
    'a changed notice needs an upstream to read the job from; none is configured',
  );
}
