import type { Deadline } from '../runtime/deadline.ts';
import { admitJob } from '../job/admit-job.ts';
import type { LiveDocument } from '../job/document.ts';
import { snapshotDocument } from '../job/merge.ts';
import { MalformedMessageError } from '../protobuf/wire.ts';
import { Status } from '../runtime/status.ts';
import type { JobSource } from '../upstream/job-source.ts';

export interface Redaction {
  /** Whether the values of environment variables are secrets, and replaced as such. */
  readonly redactEnvValues: boolean;
}

/**
 * Asks upstream for a job.
 *
 * @returns a snapshot whose revision is the moment when the read began; docs/correctness.md says why. Undefined where
 *   upstream does not have the job, which alone does not tell a deleted job from one that is not there yet
 * @throws {Status} as upstream does, and DATA_LOSS as `snapshotOf` does
 */
export async function readFromUpstream(
  upstream: JobSource,
  jobId: string,
  redaction: Redaction,
  deadline: Deadline,
): Promise<LiveDocument | undefined> {
  const { job, readAt } = await upstream.get(jobId, deadline);
  return job === undefined ? undefined : snapshotOf(job, jobId, readAt, redaction);
}

/**
 * A Job that upstream answered with, as a document of its own to be merged, without secrets.
 *
 * @param jobId the job that it must be
 * @param readAt when the read began that it came with, in microseconds since 1970
 * @throws {Status} DATA_LOSS that says why it cannot be kept, never what it contains
 */
export function snapshotOf(
  job: Uint8Array,
  jobId: string,
  readAt: bigint,
  { redactEnvValues }: Redaction,
): LiveDocument {
  try {
    const admitted = admitJob(job, { form: 'as-is', envValues: redactEnvValues });
    if (admitted.id !== jobId)
      throw new Status('UPSTREAM_RESPONSE_UNUSABLE', 'upstream answered with another job');
    return snapshotDocument(admitted.job, readAt);
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    throw new Status(
      'UPSTREAM_RESPONSE_UNUSABLE',
      `upstream answered with a job that cannot be kept: ${error.message}`,
    );
  }
}
