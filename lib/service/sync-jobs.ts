import pMap from 'p-map';
import type { Deadline } from '../deadline.ts';
import type { JobEvent } from '../events/job-event.ts';
import { isVisible, type Document } from '../job/document.ts';
import { merge } from '../job/merge.ts';
import { Status, toStatus } from '../status.ts';
import type { StoredJob } from '../store/job-store.ts';
import { writeMerged, type WriteParts } from './write-merged.ts';

/** What became of an event: its effect, or a newer one, is durable; or it failed and must come again. */
export type SyncOutcome = 'applied' | 'unchanged' | Status;

/** An event as the queue delivered it. */
export interface Delivery {
  readonly event: JobEvent;
  /** Whether it was delivered before: then whoever had it may have crashed half-way. */
  readonly redelivered: boolean;
}

export type SyncParts = WriteParts;

/** Jobs written at the same time. */
const concurrency = 16;

/**
 * Makes a batch of events durable: groups them by job, folds each job's events into one document, and writes that with
 * at most one successful write. Order and repetition within and between batches do not matter; see `job/merge.ts`.
 *
 * @returns what became of each event, in the order of `deliveries`; never throws
 */
export async function syncJobs(
  parts: SyncParts,
  deliveries: readonly Delivery[],
  deadline: Deadline,
): Promise<readonly SyncOutcome[]> {
  const outcomes = new Map<Delivery, SyncOutcome>();
  await pMap(
    Map.groupBy(deliveries, ({ event }) => event.jobId),
    async ([jobId, group]) => {
      for (const delivery of group.filter(isNotice)) outcomes.set(delivery, noUpstream());
      const news = group.filter(isNews);
      const settled = await syncJob(parts, jobId, news, deadline);
      for (const [index, delivery] of news.entries()) outcomes.set(delivery, settled[index]!);
    },
    { concurrency },
  );
  return deliveries.map((delivery) => outcomes.get(delivery)!);
}

/** An event that says itself what is new. */
type News = Delivery & { readonly event: { readonly news: Document } };

function isNews(delivery: Delivery): delivery is News {
  return !isNotice(delivery);
}

function isNotice({ event }: Delivery): boolean {
  return event.news === 'changed';
}

async function syncJob(
  parts: SyncParts,
  jobId: string,
  news: readonly News[],
  deadline: Deadline,
): Promise<readonly SyncOutcome[]> {
  if (news.length === 0) return [];
  const write = async (some: readonly News[]): Promise<SyncOutcome> => {
    try {
      const folded = some.map(({ event }) => event.news).reduce(merge);
      const outcome = await writeNews(parts, jobId, folded, deadline);
      if (some.some(({ redelivered }) => redelivered)) await parts.store.removeLeftovers(jobId, deadline);
      return outcome;
    } catch (error) {
      return toStatus(error);
    }
  };
  const outcome = await write(news);
  const tooLarge = typeof outcome !== 'string' && outcome.code === 'RESOURCE_EXHAUSTED';
  if (!tooLarge || news.length === 1) return news.map(() => outcome);
  // The one that is too large must not take its neighbours with it.
  return pMap(news, (one) => write([one]), { concurrency: 1 });
}

/** Merges news into the job's document. */
async function writeNews(
  parts: SyncParts,
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
