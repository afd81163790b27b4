import { isRunning, jobStatusName } from '../job/job-status.ts';

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

/** What has run for long will hardly end in the next moment: a poller that waits this part of the time loses little. */
const partOfRunningTime = 1 / 60;

/** The longest wait for news of a running job, in seconds, unless it is refreshed more rarely. */
const longestWait = 60;

/**
 * How many whole seconds a poller does well to wait before it asks for the job again. Final statuses are worth asking
 * about too, now and then: the job's data expires.
 *
 * @param status a JobStatus number; an unknown one counts as running
 * @param ranForSeconds how long the job has run
 * @param refreshSeconds how often running jobs are looked at upstream; undefined where only events tell of them
 */
export function pollAfterSeconds(
  status: number,
  ranForSeconds: number,
  refreshSeconds: number | undefined,
): number {
  const usual = secondsByStatus[jobStatusName(status)] ?? 10;
  if (!isRunning(status)) return usual;
  const forLong = Math.min(longestWait, ranForSeconds * partOfRunningTime);
  return Math.ceil(Math.max(refreshSeconds ?? usual, forLong));
}
