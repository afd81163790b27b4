import { JobStatusNames } from '../protobuf/generated/schema.ts';

const names: Readonly<Record<number, keyof typeof statuses | undefined>> = JobStatusNames;

interface StatusFacts {
  readonly ended: boolean;
  /** Seconds until a job of this status is likely to have changed, as far as a poller should care. */
  readonly changesInSeconds: number;
}

/** What is known of each status, in the order of a job's life. A status that the `.proto` adds must be added here. */
const statuses = {
  JOB_STATUS_UNSPECIFIED: { ended: false, changesInSeconds: 10 },
  CREATING: { ended: false, changesInSeconds: 5 },
  PREPARING: { ended: false, changesInSeconds: 5 },
  EXECUTING: { ended: false, changesInSeconds: 10 },
  UPLOADING_OUTPUT: { ended: false, changesInSeconds: 5 },
  CANCELLING: { ended: false, changesInSeconds: 5 },
  // The data of a job that has ended expires, which is worth a look now and then.
  SUCCESS: { ended: true, changesInSeconds: 300 },
  ERROR: { ended: true, changesInSeconds: 300 },
  CANCELLED: { ended: true, changesInSeconds: 300 },
} satisfies Record<(typeof JobStatusNames)[keyof typeof JobStatusNames], StatusFacts>;

/** The name of a JobStatus number; the number itself if this version does not know it. */
export function jobStatusName(status: number): string {
  return names[status] ?? String(status);
}

/** What is known of a status; one that this version does not know counts as running. */
function factsOf(status: number): StatusFacts {
  return statuses[names[status] ?? 'JOB_STATUS_UNSPECIFIED'];
}

/** Whether a job of this status has not ended, as far as this version knows. */
export function isRunning(status: number): boolean {
  return !factsOf(status).ended;
}

/** Seconds until a job of this status is likely to have changed, as far as a poller should care. */
export function changesInSeconds(status: number): number {
  return factsOf(status).changesInSeconds;
}

/** The names of the statuses that a job has before it ends. */
export function runningStatuses(): readonly string[] {
  return Object.entries(statuses)
    .filter(([name, { ended }]) => !ended && name !== 'JOB_STATUS_UNSPECIFIED')
    .map(([name]) => name);
}
