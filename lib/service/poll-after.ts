import { jobStatusName } from '../job/job-status.ts';

/** Seconds until a job in a status is likely to have changed, as far as a poller should care. */
const secondsByStatus: Readonly<Record<string, number>> = {
  CREATING: 5,
  PREPARING: 5,
  EXECUTING: 10,
  UPLOADING_OUTPUT: 5,
  CANCELLING: 5,
  SUCCESS: 300,
  ERROR: 300,
  CANCELLED: 300,
};

/**
 * How many seconds a poller does well to wait before it asks for the job again. Final statuses are worth asking about
 * too, now and then: the job's data expires.
 *
 * @param status a JobStatus number; an unknown one counts as running
 */
export function pollAfterSeconds(status: number): number {
  return secondsByStatus[jobStatusName(status)] ?? 10;
}
