import { JobStatusNames } from '../protobuf/generated/schema.ts';

const names: Readonly<Record<number, string>> = JobStatusNames;

/** The name of a JobStatus number; the number itself where this version does not know it. */
export function jobStatusName(status: number): string {
  return names[status] ?? String(status);
}

/** SUCCESS, ERROR, CANCELLED. */
const finalStatuses: ReadonlySet<number> = new Set([4, 5, 6]);

/** Whether a job of this status has not ended; so counts a status that this version does not know. */
export function isRunning(status: number): boolean {
  return !finalStatuses.has(status);
}
