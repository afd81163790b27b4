/** Compares what upstream says with what the table holds, job by job, and counts what came of it. */
import { crc32 } from 'node:zlib';
import pMap from 'p-map';
import type { Deadline } from '../runtime/deadline.ts';
import { isVisible, tombstone, type Document } from '../job/document.ts';
import { readJobHeading } from '../job/job-heading.ts';
import type { IndexedJob, JobIndex } from '../store/job-index.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import type { JobSource, UpstreamPage } from '../upstream/job-source.ts';
import { reconcile, type Reconciled } from './reconcile.ts';
import { readFromUpstream, snapshotOf, type Redaction } from './upstream-snapshot.ts';
import type { WriteParts } from './write-news.ts';

export interface RefreshParts extends WriteParts, Redaction {
  readonly upstream: JobSource;
  readonly index: JobIndex;
  readonly log: Log;
  /** The clock. */
  readonly now: () => Date;
}

/** What was found, in numbers of jobs; and the pages and calls that it took. */
export type RoundReport = Readonly<Record<Reconciled | 'failed' | 'pages' | 'calls', number>>;

/** Jobs that are read, or written, at the same time. */
const concurrency = 8;

/** Failed jobs that a round names in the log. */
const failuresLogged = 5;

/**
 * Some comparisons that belong together. A job that cannot be read, kept or written fails alone: it is counted and
 * logged.
 */
export class Round {
  private readonly count = {
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

  get report(): RoundReport {
    return this.count;
  }

  /**
   * Compares a page of a list with the table.
   *
   * @param known what the index had before; nothing is read or written for a job that it has just so
   * @returns ids of the jobs of the page
   */
  async comparePage(
    { jobs, readAt }: UpstreamPage,
    known: ReadonlyMap<string, IndexedJob>,
  ): Promise<readonly string[]> {
    this.count.pages++;
    this.count.calls++;
    return pMap(
      jobs,
      async (job) => {
        const jobId = idOf(job);
        await this.settle(jobId, () => this.compare(job, jobId, readAt, known.get(jobId)));
        return jobId;
      },
      { concurrency },
    );
  }

  private compare(
    job: Uint8Array,
    jobId: string,
    readAt: bigint,
    indexed: IndexedJob | undefined,
  ): Promise<Reconciled> | 'confirmed' {
    const { parts, deadline } = this;
    const news = snapshotOf(job, jobId, readAt, parts);
    if (indexed?.digest === digestOf(news)) return 'confirmed';
    // A document from before there was an index gets into it when it is written.
    return reconcile(parts, jobId, news, { always: indexed === undefined, deadline });
  }

  /** Reads jobs one by one. */
  async checkEach(jobs: readonly IndexedJob[]): Promise<void> {
    await pMap(jobs, (job) => this.settle(job.jobId, () => this.check(job)), { concurrency });
  }

  private async check({ jobId, due, digest }: IndexedJob): Promise<Reconciled> {
    const { parts, deadline } = this;
    this.count.calls++;
    const news = (await readFromUpstream(parts.upstream, jobId, parts, deadline)) ?? tombstone;
    // That it was looked at is worth a write only where the next look depends on it.
    const always = due instanceof Date;
    if (!always && digestOf(news) === digest) return 'confirmed';
    return reconcile(parts, jobId, news, { always, deadline });
  }

  private async settle(jobId: string, work: () => Promise<Reconciled> | Reconciled): Promise<void> {
    try {
      this.count[await work()]++;
    } catch (error) {
      if (++this.count.failed > failuresLogged) return;
      this.parts.log('warn', 'job not refreshed', { jobId, ...failureFields(error) });
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
