import type { Deadline } from '../runtime/deadline.ts';
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
  parts: WriteParts,
  jobId: string,
  news: Document,
  deadline: Deadline,
): Promise<'applied' | 'unchanged'> {
  const { store } = parts;
  let current: StoredJob | undefined;
  if (isWhole(news)) {
    // Most news replaces all that is older, without a read before.
    const result = await store.put(jobId, news, { expect: 'nothing-newer', deadline });
    if (result.written) return 'applied';
    current = result.current;
  } else {
    current = await store.get(jobId, { consistent: true, deadline });
  }
  return writeMerged(parts, jobId, news, current, deadline);
}

/**
 * Merges news into what the table was found to hold, as often as somebody else is faster.
 *
 * @param current what it was found to hold
 * @returns whether that changed anything
 * @throws {Status} as `writeNews` does
 */
export async function writeMerged(
  { store, sleep, random, onLostRace = () => undefined }: WriteParts,
  jobId: string,
  news: Document,
  current: StoredJob | undefined,
  deadline: Deadline,
): Promise<'applied' | 'unchanged'> {
  let found = current;
  for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, longestBackoffMs)) {
    const merged = found === undefined ? news : merge(found.document, news);
    if (merged === found?.document) return 'unchanged';
    const result = await store.put(jobId, merged, { expect: { unchangedFrom: found }, deadline });
    if (result.written) return 'applied';
    found = result.current;
    onLostRace();
    await sleep(random() * Math.min(backoffMs, deadline.remainingMs()));
    deadline.check();
  }
}

/** Whether a document says all there is to say of its job, so that it may replace any older one. */
function isWhole(news: Document): boolean {
  return news.deleted || isVisible(news);
}
