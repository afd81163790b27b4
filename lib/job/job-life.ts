import { isRunning } from './job-status.ts';
import { JobSchema } from '../protobuf/generated/schema.ts';
import { fieldReader } from '../protobuf/read-fields.ts';

/** Where a job is in its life. */
export interface JobLife {
  /** Whether it has not ended; so counts a status that this version does not know. */
  readonly running: boolean;
  /** When it began to run, or was made if it has not begun yet, in seconds since 1970; undefined where it does not say. */
  readonly startedAt: number | undefined;
  /** When its data will be deleted, in seconds since 1970; undefined where they stay, or are gone already. */
  readonly dataExpiresAt: number | undefined;
}

const readLifeFields = fieldReader(JobSchema, [
  'createdAt',
  'status',
  'dataExpiresAt',
  'dataCleared',
  'startedAt',
]);

/**
 * Reads where a Job is in its life, without decoding the rest.
 *
 * @throws {MalformedMessageError} if the bytes are not a message
 */
export function readJobLife(job: Uint8Array): JobLife {
  const { createdAt, status, dataExpiresAt, dataCleared, startedAt } = readLifeFields(job);
  return {
    running: isRunning(status),
    startedAt: (startedAt ?? createdAt)?.seconds,
    dataExpiresAt: dataCleared ? undefined : dataExpiresAt?.seconds,
  };
}
