/** Fills the table with the jobs that a project has already, once. */
import { Deadline } from '../runtime/deadline.ts';
import { toStatus } from '../runtime/status.ts';
import type { BackfillProgress } from '../store/backfill-progress.ts';
import { listPage, pageSize } from './refresh-project.ts';
import { Round, type RefreshParts, type RoundReport } from './round.ts';

export interface BackfillParts extends RefreshParts {
  readonly progress: BackfillProgress;
  /** Hears of each page that is done, by how many jobs it had. */
  readonly onPage: (jobs: number) => void;
}

/** What a backfill did. */
export interface BackfillReport {
  /** Whether every page was done; false where it was stopped before. */
  readonly complete: boolean;
  /** Jobs that an earlier call had done, which was stopped. */
  readonly resumedAfter: number;
  readonly round: RoundReport;
}

/**
 * The longest that a page may take, calls, writes and waits for a turn together, in milliseconds. Less than the 150 s after
 * which parts of a large document count as left behind by a crash.
 */
const pageTimeoutMs = 120_000;

/**
 * Lists all jobs of a project, and stores those that the table does not have just so. What is done is written down page
 * by page: a later call goes on where one was stopped, or crashed, or first failed to store a job. A call after a
 * complete one begins at the start, and finds nothing to write.
 *
 * @param stopping ends it: a page that upstream has not given yet is left, one that it has given is finished
 * @throws {Status} as upstream's List, the index and the progress do
 */
export async function backfillProject(
  parts: BackfillParts,
  projectId: string,
  stopping: AbortSignal,
): Promise<BackfillReport> {
  const { upstream, index, progress, onPage } = parts;
  const known = await index.list(projectId, { deadline: new Deadline(pageTimeoutMs) });
  let state = (await progress.read(projectId, new Deadline(pageTimeoutMs))) ?? start;
  let resumedAfter = state.jobs;
  const rounds: RoundReport[] = [];
  let allStored = true;
  while (!stopping.aborted) {
    const deadline = new Deadline(pageTimeoutMs);
    const request = { projectId, pageSize };
    const untilStopped = new Deadline(pageTimeoutMs, { cancelled: () => stopping });
    const page = await listPage(upstream, { ...request, pageToken: state.pageToken }, untilStopped).catch(
      (error: unknown) => {
        if (stopping.aborted) return undefined;
        // The token of an earlier call need not be good any more; what that call did is found to be done.
        const ofEarlierCall = rounds.length === 0 && state !== start;
        if (!ofEarlierCall || toStatus(error).reason !== 'UPSTREAM_REQUEST_REFUSED') throw error;
        state = start;
        resumedAfter = 0;
        return listPage(upstream, request, deadline);
      },
    );
    if (page === undefined) break;
    const round = new Round(parts, deadline);
    await round.comparePage(page, known);
    rounds.push(round.report);
    onPage(page.jobs.length);
    state = { pageToken: page.nextPageToken, jobs: state.jobs + page.jobs.length };
    // Where a job could not be stored, a later call goes on with its page.
    allStored &&= round.report.failed === 0;
    if (state.pageToken === '') {
      await progress.clear(projectId, deadline);
      return { complete: true, resumedAfter, round: sum(rounds) };
    }
    if (allStored) await progress.write(projectId, state, deadline);
  }
  return { complete: false, resumedAfter, round: sum(rounds) };
}

const start = { pageToken: '', jobs: 0 };

function sum(rounds: readonly RoundReport[]): RoundReport {
  const total = (name: keyof RoundReport): number => rounds.reduce((all, round) => all + round[name], 0);
  return {
    confirmed: total('confirmed'),
    corrected: total('corrected'),
    added: total('added'),
    removed: total('removed'),
    overtaken: total('overtaken'),
    failed: total('failed'),
    pages: total('pages'),
    calls: total('calls'),
  };
}
