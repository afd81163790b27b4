/** Hand-picked histories of six events, each in every order and under every mask of duplicates. */
import { reflects, isVisible, revisionOf, type Document } from '../../lib/job/document.ts';
import { merge, sameDocument } from '../../lib/job/merge.ts';
import { expected, toDocument, type Change } from '../support/arbitrary-event.ts';

interface History {
  readonly name: string;
  readonly changes: readonly [Change, Change, Change, Change, Change, Change];
}

type Fields = Readonly<Record<number, number>>;

/** The whole job at a revision. Fields: 2, 3 and 18 are known, 777 is not; each has one byte of value. */
const snapshot = (revision: number, fields: Fields = {}): Change => ({ kind: 'snapshot', revision, fields });
const patch = (revision: number, fields: Fields, clears: readonly number[] = []): Change => ({
  kind: 'patch',
  revision,
  fields,
  mask: [...Object.keys(fields).map(Number), ...clears],
});
const deleted: Change = { kind: 'deleted' };

export const histories: readonly History[] = [
  {
    name: 'a job from its creation to its end, all snapshots',
    changes: [1, 2, 3, 4, 5, 6].map((n) => snapshot(n, { 2: 1, 18: n })) as unknown as History['changes'],
  },
  {
    name: 'one snapshot, then patches of one field',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(2, { 18: 1 }),
      patch(3, { 18: 2 }),
      patch(4, { 18: 3 }),
      patch(5, { 18: 4 }),
      patch(6, { 18: 5 }),
    ],
  },
  {
    name: 'one snapshot, then patches of different fields',
    changes: [
      snapshot(1),
      patch(2, { 2: 1 }),
      patch(3, { 3: 1 }),
      patch(4, { 18: 1 }),
      patch(5, { 777: 1 }),
      patch(6, { 2: 2, 777: 2 }),
    ],
  },
  {
    name: 'patches only, never visible',
    changes: [
      patch(1, { 2: 1 }),
      patch(2, { 2: 2, 3: 1 }),
      patch(3, { 3: 2 }),
      patch(4, {}, [2]),
      patch(5, { 18: 1 }),
      patch(6, { 777: 1 }),
    ],
  },
  {
    name: 'patches, and the snapshot last of all',
    changes: [
      patch(1, { 2: 1 }),
      patch(2, { 3: 1 }),
      patch(3, { 18: 1 }),
      patch(4, { 777: 1 }),
      patch(5, {}, [2]),
      snapshot(6, { 2: 3 }),
    ],
  },
  {
    name: 'a snapshot in the middle of patches',
    changes: [
      patch(1, { 2: 1 }),
      patch(2, { 3: 1 }),
      snapshot(3, { 2: 2, 3: 2, 18: 2 }),
      patch(4, { 18: 3 }),
      patch(5, {}, [3]),
      patch(6, { 777: 1 }),
    ],
  },
  {
    name: 'two snapshots of one revision that differ',
    changes: [
      snapshot(1, { 2: 1 }),
      snapshot(2, { 2: 2, 3: 1 }),
      snapshot(2, { 2: 1, 3: 3 }),
      patch(3, { 18: 1 }),
      patch(4, { 18: 2 }),
      snapshot(1, { 777: 1 }),
    ],
  },
  {
    name: 'a snapshot and a patch of one revision',
    changes: [
      snapshot(2, { 2: 1, 3: 1 }),
      patch(2, { 2: 2 }),
      patch(2, {}, [3]),
      patch(1, { 18: 1 }),
      patch(3, { 777: 1 }),
      snapshot(1, { 18: 3 }),
    ],
  },
  {
    name: 'patches of one revision for one field',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(2, { 2: 1 }),
      patch(2, { 2: 2 }),
      patch(2, { 2: 3 }),
      patch(2, {}, [2]),
      patch(3, { 3: 1 }),
    ],
  },
  {
    name: 'everything at one revision',
    changes: [
      snapshot(1, { 2: 1 }),
      snapshot(1, { 3: 1 }),
      patch(1, { 2: 2 }),
      patch(1, { 18: 1 }),
      patch(1, {}, [2]),
      snapshot(1, { 2: 3, 777: 1 }),
    ],
  },
  {
    name: 'a clear that overtakes the value that it clears',
    changes: [
      snapshot(1, { 2: 1, 3: 1 }),
      patch(2, { 2: 2 }),
      patch(3, {}, [2]),
      patch(4, { 3: 2 }),
      patch(5, {}, [3]),
      patch(6, { 18: 1 }),
    ],
  },
  {
    name: 'clear, set, clear, set',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(2, {}, [2]),
      patch(3, { 2: 2 }),
      patch(4, {}, [2]),
      patch(5, { 2: 3 }),
      patch(6, {}, [18]),
    ],
  },
  {
    name: 'a snapshot that clears what it lacks',
    changes: [
      snapshot(1, { 2: 1, 3: 1, 18: 1, 777: 1 }),
      patch(2, { 2: 2 }),
      snapshot(3, { 2: 3 }),
      patch(4, { 3: 3 }),
      snapshot(5, { 18: 3 }),
      patch(2, { 777: 2 }),
    ],
  },
  {
    name: 'an unknown field that comes, changes and goes',
    changes: [
      snapshot(1, { 777: 1 }),
      patch(2, { 777: 2 }),
      patch(3, {}, [777]),
      patch(4, { 777: 3 }),
      snapshot(5, { 2: 1 }),
      patch(6, { 777: 1 }),
    ],
  },
  {
    name: 'unknown fields only',
    changes: [
      snapshot(1, { 777: 1 }),
      snapshot(2, { 777: 2 }),
      patch(3, { 777: 3 }),
      snapshot(3, { 777: 1 }),
      patch(2, {}, [777]),
      patch(4, {}, [777]),
    ],
  },
  {
    name: 'a deletion last of all',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(2, { 2: 2 }),
      snapshot(3, { 2: 3 }),
      patch(4, { 3: 1 }),
      patch(5, {}, [2]),
      deleted,
    ],
  },
  {
    name: 'a deletion first of all, and a job that does not know of it',
    changes: [
      deleted,
      snapshot(1, { 2: 1 }),
      snapshot(2, { 2: 2 }),
      patch(3, { 3: 1 }),
      snapshot(4, { 18: 1 }),
      patch(5, { 777: 1 }),
    ],
  },
  {
    name: 'a deletion among patches that never met a snapshot',
    changes: [
      patch(1, { 2: 1 }),
      patch(2, { 3: 1 }),
      deleted,
      patch(4, { 18: 1 }),
      patch(5, {}, [2]),
      patch(6, { 777: 1 }),
    ],
  },
  {
    name: 'two deletions',
    changes: [
      snapshot(1, { 2: 1 }),
      deleted,
      patch(2, { 3: 1 }),
      deleted,
      snapshot(9, { 2: 2 }),
      patch(9, { 2: 3 }),
    ],
  },
  {
    name: 'patches that all come after a newer snapshot has made them moot',
    changes: [
      snapshot(9, { 2: 1, 3: 1 }),
      patch(1, { 2: 2 }),
      patch(2, { 3: 2 }),
      patch(3, { 18: 1 }),
      patch(4, { 777: 1 }),
      patch(5, {}, [2, 3]),
    ],
  },
  {
    name: 'a patch that newer patches overwrite entirely, and its revision is still reflected',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(3, { 2: 2, 3: 1 }),
      patch(4, { 2: 3 }),
      patch(5, { 3: 2 }),
      patch(6, { 18: 1 }),
      patch(2, { 777: 1 }),
    ],
  },
  {
    name: 'patches with an empty mask: news of nothing, but of a revision',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(2, {}),
      patch(3, {}),
      patch(4, { 2: 2 }),
      patch(5, {}),
      patch(6, {}),
    ],
  },
  {
    name: 'an empty snapshot newer than everything',
    changes: [
      snapshot(1, { 2: 1 }),
      patch(2, { 3: 1 }),
      patch(3, { 18: 1 }),
      snapshot(4, { 777: 1 }),
      patch(5, { 2: 2 }),
      snapshot(6),
    ],
  },
  {
    name: 'snapshots newest first, patches between them',
    changes: [
      snapshot(6, { 2: 1 }),
      patch(5, { 3: 1 }),
      snapshot(4, { 3: 2 }),
      patch(7, { 18: 1 }),
      snapshot(2, { 777: 1 }),
      patch(3, { 2: 2 }),
    ],
  },
];

/** How many events pass before a duplicate is delivered. */
const duplicateDelay = 2;

export interface HistoriesResult {
  /** How many were run. */
  readonly schedules: number;
  /** One line for each schedule that ended differently. Ten are enough: after that no more are run. */
  readonly failures: readonly string[];
}

/** @param wanted which masks of duplicates to run of each order: bit n delivers the nth event of the order twice */
export function runHistories(wanted: (order: number, mask: number) => boolean): HistoriesResult {
  const orders = permutations([0, 1, 2, 3, 4, 5]);
  let schedules = 0;
  const failures: string[] = [];
  for (const { name, changes } of histories) {
    const documents = changes.map(toDocument);
    let one: Document | undefined;
    for (const [index, order] of orders.entries()) {
      for (let mask = 0; mask < 64; mask++) {
        if (failures.length === 10) return { schedules, failures };
        if (!wanted(index, mask)) continue;
        schedules++;
        const end = run(documents, order, mask);
        one ??= end;
        if (sameDocument(one, end) && (end !== one || isExpected(end, changes))) continue;
        failures.push(`${name}: order ${order.join('')}, duplicates ${mask.toString(2)}`);
      }
    }
  }
  return { schedules, failures };
}

function run(documents: readonly Document[], order: readonly number[], mask: number): Document {
  let current: Document | undefined;
  const deliver = (place: number): void => {
    const next = documents[order[place]!]!;
    current = current === undefined ? next : merge(current, next);
  };
  for (let place = 0; place < order.length + duplicateDelay; place++) {
    if (place < order.length) deliver(place);
    const earlier = place - duplicateDelay;
    if (earlier >= 0 && (mask & (1 << earlier)) !== 0) deliver(earlier);
  }
  return current!;
}

function isExpected(document: Document, changes: readonly Change[]): boolean {
  const wanted = expected(changes);
  if (document.deleted) return wanted.deleted;
  return (
    !wanted.deleted &&
    isVisible(document) === wanted.visible &&
    revisionOf(document) === BigInt(wanted.revision) &&
    Buffer.compare(document.job, wanted.job) === 0 &&
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].every(
      (revision) => reflects(document, BigInt(revision)) === wanted.reflects(revision),
    )
  );
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item) =>
    permutations(items.filter((one) => one !== item)).map((rest) => [item, ...rest]),
  );
}
