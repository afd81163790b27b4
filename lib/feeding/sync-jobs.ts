import pMap from 'p-map';
import type { Deadline } from '../runtime/deadline.ts';
import type { JobEvent } from '../events/job-event.ts';
import type { Document } from '../job/document.ts';
import { merge } from '../job/merge.ts';
import { toStatus, type Status } from '../runtime/status.ts';
import type { JobStore } from '../store/job-store.ts';
import { readNoticed, type ReadNoticedParts } from './read-noticed.ts';
import { writeNews, type WriteParts } from './write-news.ts';

/** What became of an event: its effect, or a newer one, is durable; or it failed and must come again. */
export type SyncOutcome = 'applied' | 'unchanged' | Status;

/** An event as the queue delivered it. */
export interface Delivery {
  readonly event: JobEvent;
  /** Whether it was delivered before: then whoever had it may have crashed half-way. */
  readonly redelivered: boolean;
  /** When the queue took it in, where that is known. */
  readonly sentAt?: Date | undefined;
}

/** Without an upstream, notices fail. */
export interface SyncParts extends WriteParts, ReadNoticedParts {
  readonly store: JobStore;
}

/** Jobs worked on at the same time. */
const concurrency = 16;

/** At most so much of a batch's time is kept from upstream, since what it answers has to be written too. */
const longestKeptMs = 5000;

/**
 * Makes a batch of events durable: groups them by job, asks upstream once for each job that notices name, folds all that
 * is new of a job into one document, and writes that with at most one successful write. Order and repetition within and
 * between batches do not matter; see `job/merge.ts`.
 *
 * @returns what became of each event, in the order of `deliveries`; never throws
 */
export async function syncJobs(
  parts: SyncParts,
  deliveries: readonly Delivery[],
  deadline: Deadline,
): Promise<readonly SyncOutcome[]> {
  const askBy = deadline.before(Math.min(longestKeptMs, deadline.remainingMs() / 4));
  const outcomes = new Map<Delivery, SyncOutcome>();
  // Jobs that have to wait for upstream come last, so that no other job waits with them.
  const jobs = [...Map.groupBy(deliveries, ({ event }) => event.jobId)].sort(
    ([, a], [, b]) => Number(a.some(isNotice)) - Number(b.some(isNotice)),
  );
  await pMap(
    jobs,
    async ([jobId, group]) => {
      const { news, settled } = await gatherNews(parts, jobId, group, { askBy, deadline });
      const written = await syncJob(parts, jobId, news, deadline);
      const all = [...settled, ...news.map(({ from }, index) => ({ from, outcome: written[index]! }))];
      for (const { from, outcome } of all) for (const delivery of from) outcomes.set(delivery, outcome);
    },
    { concurrency },
  );
  return deliveries.map((delivery) => outcomes.get(delivery)!);
}

function isNotice({ event }: Delivery): boolean {
  return event.news === 'changed';
}

/** What is new of a job, and the events that it comes from. */
interface News {
  readonly document: Document;
  readonly from: readonly Delivery[];
}

/** Events that need no write, or cannot have one. */
interface Settled {
  readonly from: readonly Delivery[];
  readonly outcome: SyncOutcome;
}

/** What the events of a job say is new of it, and what upstream says where they are notices. */
async function gatherNews(
  parts: SyncParts,
  jobId: string,
  group: readonly Delivery[],
  { askBy, deadline }: { readonly askBy: Deadline; readonly deadline: Deadline },
): Promise<{ readonly news: readonly News[]; readonly settled: readonly Settled[] }> {
  const news = group.flatMap((one): readonly News[] =>
    one.event.news === 'changed' ? [] : [{ document: one.event.news, from: [one] }],
  );
  const from = group.filter(isNotice);
  if (from.length === 0) return { news, settled: [] };
  try {
    const document = await readNoticed(parts, jobId, readSince(from), askBy);
    if (document !== undefined) return { news: [...news, { document, from }], settled: [] };
    await tidyUp(parts, jobId, from, deadline);
    return { news, settled: [{ from, outcome: 'unchanged' }] };
  } catch (error) {
    return { news, settled: [{ from, outcome: toStatus(error) }] };
  }
}

/**
 * When upstream has to have been read for what notices say, in microseconds; undefined where one of them is new, so that
 * nobody can have. Those that come again came with others that failed: what had been read is not read again.
 */
function readSince(notices: readonly Delivery[]): bigint | undefined {
  const sent = notices.map(({ redelivered, sentAt }) => (redelivered ? sentAt?.getTime() : undefined) ?? NaN);
  const last = Math.max(...sent);
  return Number.isNaN(last) ? undefined : BigInt(last) * 1000n;
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
      const folded = some.map(({ document }) => document).reduce(merge);
      const outcome = await writeNews(parts, jobId, folded, deadline);
      const from = some.flatMap((one) => one.from);
      await tidyUp(parts, jobId, from, deadline);
      return outcome;
    } catch (error) {
      return toStatus(error);
    }
  };
  const outcome = await write(news);
  const tooLarge = typeof outcome !== 'string' && outcome.reason === 'DOCUMENT_TOO_LARGE';
  if (!tooLarge || news.length === 1) return news.map(() => outcome);
  // The one that is too large must not take its neighbours with it.
  return pMap(news, (one) => write([one]), { concurrency: 1 });
}

/** Whoever had a redelivered event may have crashed half-way. */
async function tidyUp(
  { store }: SyncParts,
  jobId: string,
  from: readonly Delivery[],
  deadline: Deadline,
): Promise<void> {
  if (from.some(({ redelivered }) => redelivered)) await store.removeLeftovers(jobId, deadline);
}
