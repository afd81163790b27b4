import type { Deadline } from '../deadline.ts';
import { isVisible, type Document } from '../job/document.ts';
import { merge } from '../job/merge.ts';
import type { JobStore, StoredJob } from '../store/job-store.ts';

export interface WriteParts {
  readonly store: JobStore;
  /** Waits between tries. */
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Hears of each write that found something newer in its way. */
  readonly onLostRace?: () => void;
}

/** The wait before a lost race is tried again is drawn from 0 to this, doubled with each try. */
const firstBackoffMs = 20;
const longestBackoffMs = 640;

/**
 * Merges news into the job's document.
 *
 * @returns whether that changed it; either way the news, or newer ones, are durable
 * @throws {Status} as the store does, and DEADLINE_EXCEEDED
 */
export async function writeNews(
  { store, sleep, random, onLostRace = () => undefined }: WriteParts,
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
    onLostRace();
    await sleep(random() * Math.min(backoffMs, deadline.remainingMs()));
    deadline.check();
  }
}

/** Whether a document says all there is to say of its job, so that it may replace any older one. */
function isWhole(news: Document): boolean {
  return news.deleted || isVisible(news);
}
