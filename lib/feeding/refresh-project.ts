/** One round through a project: what upstream lists, compared with what the table holds. */
import { runningStatuses } from '../job/job-status.ts';
import type { Deadline } from '../runtime/deadline.ts';
import { toStatus } from '../runtime/status.ts';
import type { IndexedJob } from '../store/job-index.ts';
import type { JobSource, ListRequest, UpstreamPage } from '../upstream/job-source.ts';
import { Round, type RefreshParts, type RoundReport } from './round.ts';

/** What a round looks at: the jobs that run and those that are due, or every job of the project. */
export type RoundKind = 'running' | 'all';

/** Jobs a page; upstream may give fewer. Typical ones are 300 KB together, large ones 6 MB. */
export const pageSize = 100;

/**
 * Every status but the final ones, as upstream's `filter` has it. A status that upstream adds is not in it: jobs that
 * have it leave the list, and are then read one by one.
 */
export const runningFilter = `status IN (${runningStatuses().join(', ')})`;

/** The least time between two looks at a job whose data have expired and are not cleared yet, in milliseconds. */
const leastWaitForClearingMs = 60_000;

/**
 * Makes a round. The index is read first: what it has and the list, made later, has not, is ended or deleted for sure.
 *
 * @throws {Status} as upstream's List and the index do: then nothing is known of the project
 */
export async function refreshProject(
  parts: RefreshParts,
  projectId: string,
  kind: RoundKind,
  deadline: Deadline,
): Promise<RoundReport> {
  const round = new Round(parts, deadline);
  const now = parts.now();
  const known = await parts.index.list(projectId, { dueBefore: kind === 'all' ? undefined : now, deadline });
  const listed = new Set<string>();
  const filter = kind === 'all' ? {} : { filter: runningFilter };
  let pageToken = '';
  do {
    const page = await listPage(parts.upstream, { projectId, pageSize, pageToken, ...filter }, deadline);
    for (const jobId of await round.comparePage(page, known)) listed.add(jobId);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const unlisted = [...known.values()].filter(({ jobId }) => !listed.has(jobId));
  await round.checkEach(unlisted.filter((job) => kind === 'all' || isDue(job, now)));
  return round.report;
}

/**
 * A page of a list: of fewer jobs where so many are more bytes than are taken.
 *
 * @throws {Status} as upstream's List
 */
export async function listPage(
  upstream: JobSource,
  request: ListRequest,
  deadline: Deadline,
): Promise<UpstreamPage> {
  for (let size = request.pageSize; ; size = Math.ceil(size / 4)) {
    try {
      return await upstream.list({ ...request, pageSize: size }, deadline);
    } catch (error) {
      if (size === 1 || toStatus(error).reason !== 'UPSTREAM_RESPONSE_TOO_LARGE') throw error;
    }
  }
}

/**
 * A job that runs by the table was not listed: it ended, or is gone. One whose data have expired is looked at when they
 * do, and then at ever longer intervals, until upstream has cleared them.
 */
function isDue({ due, syncedAt }: IndexedJob, now: Date): boolean {
  if (!(due instanceof Date)) return due === 'always';
  const sinceExpiryMs = syncedAt.getTime() - due.getTime();
  if (sinceExpiryMs < 0) return true;
  return now.getTime() - syncedAt.getTime() >= Math.max(leastWaitForClearingMs, sinceExpiryMs);
}
