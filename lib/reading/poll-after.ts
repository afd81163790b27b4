import { changesInSeconds, isRunning } from '../job/job-status.ts';

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
  const usual = changesInSeconds(status);
  if (!isRunning(status)) return usual;
  const forLong = Math.min(longestWait, ranForSeconds * partOfRunningTime);
  return Math.ceil(Math.max(refreshSeconds ?? usual, forLong));
}
