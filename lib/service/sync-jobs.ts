import pMap from 'p-map';
import type { Deadline } from '../deadline.ts';
import type { JobEvent } from '../events/job-event.ts';
import { isVisible, type Document } from '../job/document.ts';
import { merge } from '../job/merge.ts';
import { Status, toStatus } from '../status.ts';
import type { JobStore, StoredJob } from '../store/job-store.ts';

/** What became of an event: its effect, or a newer one, is durable; or it failed and must come again. */
export type SyncOutcome = 'applied' | 'unchanged' | Status;

export interface SyncParts {
  readonly store: JobStore;
  /** Waits between tries. */
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
}

/** Jobs written at the same time. */
const concurrency = 16;

/** The wait before a lost race is tried again is drawn from 0 to this, doubled with each try. */
const firstBackoffMs = 20;
const longestBackoffMs = 640;

/**
 * Makes a batch of events durable: groups them by job, folds each job's events into one document, and writes that with
 * at most one successful write. Order and repetition within and between batches do not matter; see `job/merge.ts`.
 *
 * @returns what became of each event, in the order of `events`; never throws
 */
export async function syncJobs(
  parts: SyncParts,
  events: readonly JobEvent[],
  deadline: Deadline,
): Promise<readonly SyncOutcome[]> {
  const groups = Map.groupBy(events, (event) => event.jobId);
  const outcomes = new Map<JobEvent, SyncOutcome>();
  await pMap(
    groups,
    async ([jobId, group]) => {
      const notices = group.filter((event) => event.news === 'changed');
      for (const notice of notices) outcomes.set(notice, noUpstream());
      const news = group.map((event) => event.news).filter((one) => one !== 'changed');
      const [first, ...rest] = news;
      if (first === undefined) return;
      const outcome = await writeNews(parts, jobId, rest.reduce(merge, first), deadline).catch(toStatus);
      for (const event of group) if (event.news !== 'changed') outcomes.set(event, outcome);
    },
    { concurrency },
  );
  return events.map((event) => outcomes.get(event)!);
}

/** Merges news into the job's document. */
async function writeNews(
  { store, sleep, random }: SyncParts,
  jobId: string,
  news: Document,
  deadline: Deadline,
): Promise<'applied' | 'unchanged'> {
  let current: StoredJob | undefined;
  if (isWhole(news)) {
    // Most news replaces all that is older, without a read before.
    const result = await store.put(jobId, news, { expect: 'nothing-newer', deadline });
    if (result.written) return 'applied';
    current = result.current;
  } else {
    current = await store.get(jobId, { consistent: true, deadline });
  }
  for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, longestBackoffMs)) {
    const merged = current === undefined ? news : merge(current.document, news);
    if (merged === current?.document) return 'unchanged';
    const result = await store.put(jobId, merged, { expect: { unchangedFrom: current }, deadline });
    if (result.written) return 'applied';
    current = result.current;
    await sleep(random() * Math.min(backoffMs, deadline.remainingMs()));
    deadline.check();
  }
}

/** Whether a document says all there is to say of its job, so that it may replace any older one. */
function isWhole(news: Document): boolean {
  return news.deleted || isVisible(news);
}

function noUpstream(): Status {
  return new Status(
    'FAILED_PRECONDITION',
    'a changed notice needs an upstream to read the job from; none is configured',
  );
}
