/** One round through a project: what upstream lists, compared with what the table holds. */
import { crc32 } from 'node:zlib';
import pMap from 'p-map';
import type { Deadline } from '../deadline.ts';
import { isVisible, tombstone, type Document } from '../job/document.ts';
import { readJobHeading } from '../job/job-heading.ts';
import { toStatus } from '../status.ts';
import type { IndexedJob, JobIndex } from '../store/job-index.ts';
import type { Log } from '../telemetry/log.ts';
import type { JobSource, UpstreamPage } from '../upstream/job-source.ts';
import { reconcile, type Reconciled } from './reconcile.ts';
import { readFromUpstream, snapshotOf, type Redaction } from './upstream-snapshot.ts';
import type { WriteParts } from './write-merged.ts';

export interface RefreshParts extends WriteParts, Redaction {
  readonly upstream: JobSource;
  readonly index: JobIndex;
  readonly log: Log;
  /** The clock. */
  readonly now: () => Date;
}

/** What a round looks at: the jobs that run and those that are due, or every job of the project. */
export type RoundKind = 'running' | 'all';

/** What a round found, in numbers of jobs. */
export type RoundReport = Readonly<Record<Reconciled | 'failed' | 'pages' | 'calls', number>>;

/** Jobs a page; upstream may give fewer. A thousandth of what gRPC may take in one message here, for typical jobs. */
const pageSize = 100;

/**
 * Every status but the final ones, as upstream's `filter` has it. A status that upstream adds is not in it: jobs that
 * have it leave the list, and are then read one by one.
 */
export const runningFilter = 'status IN (CREATING, PREPARING, EXECUTING, UPLOADING_OUTPUT, CANCELLING)';

/** Jobs that are read, or written, at the same time. */
const concurrency = 8;

/** Failed jobs that a round names in the log. */
const failuresLogged = 5;

/** The least time between two looks at a job whose data have expired and are not cleared yet, in milliseconds. */
const leastWaitForClearingMs = 60_000;

/**
 * Makes a round. The index is read first: what it has and the list, made later, has not, is ended or deleted for sure.
 *
 * A job that cannot be read, kept or written fails alone: it is counted and logged, and the next round tries again.
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
    const page = await parts.upstream.list({ projectId, pageSize, pageToken, ...filter }, deadline);
    round.count.pages++;
    round.count.calls++;
    await pMap(page.jobs, (job) => round.compare(job, page, known, listed), { concurrency });
    pageToken = page.nextPageToken;
  } while (pageToken !== '');

  const unlisted = [...known.values()].filter(({ jobId }) => !listed.has(jobId));
  await pMap(
    unlisted.filter((job) => kind === 'all' || isWorthALook(job, now)),
    (job) => round.look(job),
    { concurrency },
  );
  return round.count;
}

/**
 * A job that runs by the table was not listed: it ended, or is gone. One whose data have expired is looked at when they
 * do, and then at ever longer intervals, until upstream has cleared them.
 */
function isWorthALook({ lookAt, syncedAt }: IndexedJob, now: Date): boolean {
  if (!(lookAt instanceof Date)) return lookAt === 'running';
  const sinceExpiryMs = syncedAt.getTime() - lookAt.getTime();
  if (sinceExpiryMs < 0) return true;
  return now.getTime() - syncedAt.getTime() >= Math.max(leastWaitForClearingMs, sinceExpiryMs);
}

class Round {
  readonly count = {
    confirmed: 0,
    corrected: 0,
    added: 0,
    removed: 0,
    overtaken: 0,
    failed: 0,
    pages: 0,
    calls: 0,
  };
  private readonly parts: RefreshParts;
  private readonly deadline: Deadline;

  constructor(parts: RefreshParts, deadline: Deadline) {
    this.parts = parts;
    this.deadline = deadline;
  }

  /** Compares a job of the list with the table; nothing is read or written for one that the index has just so. */
  async compare(
    job: Uint8Array,
    { readAt }: UpstreamPage,
    known: ReadonlyMap<string, IndexedJob>,
    listed: Set<string>,
  ): Promise<void> {
    const jobId = idOf(job);
    listed.add(jobId);
    await this.settle(jobId, () => {
      const news = snapshotOf(job, jobId, readAt, this.parts);
      const indexed = known.get(jobId);
      if (indexed?.digest === digestOf(news)) return 'confirmed';
      // A document from before there was an index gets into it when it is written.
      return reconcile(this.parts, jobId, news, {
        always: indexed === undefined,
        deadline: this.deadline,
      });
    });
  }

  /** Reads a job by itself. */
  look({ jobId, lookAt, digest }: IndexedJob): Promise<void> {
    return this.settle(jobId, async () => {
      this.count.calls++;
      const news =
        (await readFromUpstream(this.parts.upstream, jobId, this.parts, this.deadline)) ?? tombstone;
      // That it was looked at is worth a write only where the next look depends on it.
      const always = lookAt instanceof Date;
      if (!always && digestOf(news) === digest) return 'confirmed';
      return reconcile(this.parts, jobId, news, { always, deadline: this.deadline });
    });
  }

  private async settle(jobId: string, work: () => Promise<Reconciled> | Reconciled): Promise<void> {
    try {
      this.count[await work()]++;
    } catch (error) {
      if (++this.count.failed > failuresLogged) return;
      const { code, message } = toStatus(error);
      this.parts.log('warn', 'job not refreshed', { jobId, code, reason: message });
    }
  }
}

/** The id of a listed job; one that does not say it is refused by `snapshotOf`. */
function idOf(job: Uint8Array): string {
  try {
    return readJobHeading(job).id;
  } catch {
    return '';
  }
}

function digestOf(news: Document): number | undefined {
  return !news.deleted && isVisible(news) ? crc32(news.job) : undefined;
}
