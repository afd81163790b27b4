import { isDueBefore, type IndexedJob, type JobIndex } from '../store/job-index.ts';
import type { Row } from './job-store.ts';
import { step } from './step.ts';

/** Looks through all jobs, which is fast enough for what one process holds. It never lags. */
export function createMemoryJobIndex(rows: ReadonlyMap<string, Row>): JobIndex {
  return {
    list: (projectId, { dueBefore, deadline }) =>
      step(deadline, () => {
        const jobs = new Map<string, IndexedJob>();
        for (const [jobId, row] of rows) {
          const { entry, stored } = row;
          if (entry === undefined || row.projectId !== projectId) continue;
          if (dueBefore !== undefined && !isDueBefore(entry, dueBefore)) continue;
          jobs.set(jobId, { jobId, syncedAt: stored.syncedAt, ...entry });
        }
        return jobs;
      }),
  };
}
