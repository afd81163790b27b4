/** What must hold of `merge` and of the whole way from events to answers, for any events at all. */
import fc from 'fast-check';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { JobEvent } from '../../lib/events/job-event.ts';
import { isVisible, reflects, revisionOf, tombstone, type Document } from '../../lib/job/document.ts';
import { merge, sameDocument } from '../../lib/job/merge.ts';
import { createGetJob } from '../../lib/reading/get-job.ts';
import { syncJobs } from '../../lib/feeding/sync-jobs.ts';
import { decodeLaterPatches, encodeLaterPatches } from '../../lib/dynamodb/later-patches.ts';
import { arbitraryChange, expected, toDocument, type Change } from '../support/arbitrary-event.ts';
import { storeOnTable } from './simulation/store-on-table.ts';
import { SimulatedTable } from './simulation/simulated-table.ts';

export interface Law {
  readonly name: string;
  readonly property: fc.IAsyncPropertyWithHooks<[unknown]> | fc.IPropertyWithHooks<[unknown]>;
}

const changes = fc.array(arbitraryChange, { minLength: 1, maxLength: 8 });
const fold = (all: readonly Change[]): Document => all.map(toDocument).reduce(merge);
const document = changes.map(fold);

const law = <T>(name: string, given: fc.Arbitrary<T>, holds: (value: T) => boolean): Law => ({
  name,
  property: fc.property(given, holds),
});

const jobIds = ['a', 'b', 'c'];

/** Events of several jobs, and a schedule of them: an order, what comes twice, and how long the batches are. */
const schedules = fc
  .array(fc.record({ jobId: fc.constantFrom(...jobIds), change: arbitraryChange }), {
    minLength: 1,
    maxLength: 12,
  })
  .chain((events) => {
    const schedule = fc.record({
      order: fc.shuffledSubarray(events, { minLength: events.length }),
      again: fc.subarray(events),
      batch: fc.integer({ min: 1, max: 6 }),
    });
    return fc.record({ events: fc.constant(events), one: schedule, other: schedule });
  });

export const laws: readonly Law[] = [
  law('merge is commutative', fc.tuple(document, document), ([a, b]) =>
    sameDocument(merge(a, b), merge(b, a)),
  ),
  law('merge is associative', fc.tuple(document, document, document), ([a, b, c]) =>
    sameDocument(merge(merge(a, b), c), merge(a, merge(b, c))),
  ),
  law(
    'merge is idempotent, and then gives the very document back',
    fc.tuple(document, document),
    ([a, b]) => {
      const merged = merge(a, b);
      return merge(merged, b) === merged && merge(merged, a) === merged;
    },
  ),
  law(
    'merge lets a deletion absorb everything',
    document,
    (a) => merge(a, tombstone).deleted && merge(tombstone, a).deleted,
  ),
  law('merge never lets a revision fall', fc.tuple(document, document), ([a, b]) => {
    const merged = merge(a, b);
    return merged.deleted || a.deleted || revisionOf(merged) >= revisionOf(a);
  }),
  law(
    'any events in any order and any repetition give what the rules say, field by field',
    changes.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all)),
    ),
    ([all, inOtherOrder, again]) => {
      const merged = fold([...inOtherOrder, ...again]);
      const wanted = expected(all);
      const reflected = [1, 2, 3, 4, 5, 6, 7].every(
        (revision) => reflects(merged, BigInt(revision)) === wanted.reflects(revision),
      );
      if (!reflected || merged.deleted !== wanted.deleted) return false;
      if (merged.deleted) return true;
      return (
        Buffer.compare(merged.job, wanted.job) === 0 &&
        isVisible(merged) === wanted.visible &&
        revisionOf(merged) === BigInt(wanted.revision)
      );
    },
  ),
  law('later patches come back from the table as they were', document, (a) => {
    if (a.deleted) return true;
    const back = decodeLaterPatches(encodeLaterPatches(a.later));
    return sameDocument({ ...a, later: back }, a);
  }),
  {
    name: 'any order, repetition and batching of events of several jobs gives the same answers from Get',
    property: fc.asyncProperty(schedules, async ({ events, one, other }) => {
      const [left, right] = [await answers(one), await answers(other)];
      return jobIds.every((jobId) => {
        const wanted = expected(events.filter((event) => event.jobId === jobId).map(({ change }) => change));
        const readable = wanted.visible && !wanted.deleted;
        if (!readable) return left.get(jobId) === 'NOT_FOUND' && right.get(jobId) === 'NOT_FOUND';
        const answer = `${wanted.revision} ${Buffer.from(wanted.job).toString('hex')}`;
        return left.get(jobId)!.startsWith(answer) && left.get(jobId) === right.get(jobId);
      });
    }),
  },
];

interface Schedule {
  readonly order: readonly { readonly jobId: string; readonly change: Change }[];
  readonly again: Schedule['order'];
  readonly batch: number;
}

/** What Get answers for each job after a schedule went through the write path. */
async function answers({ order, again, batch }: Schedule): Promise<ReadonlyMap<string, string>> {
  const table = new SimulatedTable({ returnsItemOnFailure: batch % 2 === 0, lag: () => 0, pageSize: 100 });
  const store = storeOnTable(table);
  // Time passes only while somebody sleeps, so that a write that is tried for ever ends, and at once.
  let now = 0;
  const sleep = (ms: number): Promise<void> => {
    now += ms;
    return Promise.resolve();
  };
  const clock = { now: () => now, timeout: () => new AbortController().signal };
  const parts = { store, redactEnvValues: false, random: () => 0.5, sleep };
  const deadline = new Deadline(20_000, { clock });
  const events = [...order, ...again].map(({ jobId, change }): JobEvent => ({
    eventId: '',
    jobId,
    revision: 1n,
    occurredAt: undefined,
    news: toDocument(change),
    unknownFields: 0,
  }));
  for (let index = 0; index < events.length; index += batch) {
    const deliveries = events.slice(index, index + batch).map((event) => ({ event, redelivered: false }));
    const outcomes = await syncJobs(parts, deliveries, deadline);
    const failed = outcomes.find((outcome) => typeof outcome !== 'string');
    if (failed !== undefined) throw failed;
  }
  const answer = async (jobId: string): Promise<string> => {
    try {
      const parts = { store, authenticator: openDoor, notFoundAfterMs: 0 };
      const { revision, job, etag } = await createGetJob(parts)(
        { jobId },
        { credentials: { authorization: undefined }, deadline },
      );
      return `${revision} ${Buffer.from(job).toString('hex')} ${etag}`;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return new Map(await Promise.all(jobIds.map(async (jobId) => [jobId, await answer(jobId)] as const)));
}

/** @throws {Error} with the seed and the smallest counterexample where the law does not hold */
export async function checkLaw({ property }: Law, runs: number, seed?: number): Promise<void> {
  await fc.assert(property as fc.IAsyncProperty<[unknown]>, {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
  });
}
