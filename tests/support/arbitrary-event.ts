/** Random news of one job, as documents, and a naive model of what they amount to. */
import fc from 'fast-check';
import { tombstone, type Document } from '../../lib/job/document.ts';
import { patchDocument, snapshotDocument } from '../../lib/job/merge.ts';
import { encodeVarint, joinFields } from '../../lib/protobuf/wire.ts';

/** A change, in the plainest terms: field numbers, one byte of value each, and which of them it speaks for. */
export type Change =
  | {
      readonly kind: 'snapshot';
      readonly revision: number;
      readonly fields: Readonly<Record<number, number>>;
    }
  | {
      readonly kind: 'patch';
      readonly revision: number;
      readonly fields: Readonly<Record<number, number>>;
      readonly mask: readonly number[];
    }
  | { readonly kind: 'deleted' };

/** Known field numbers and one that no version knows. */
const numbers = [2, 3, 18, 777];
const revision = fc.integer({ min: 1, max: 6 });
const fields = fc
  .uniqueArray(fc.record({ number: fc.constantFrom(...numbers), value: fc.integer({ min: 0, max: 3 }) }), {
    selector: ({ number }) => number,
  })
  .map((entries): Record<number, number> =>
    Object.fromEntries(entries.map(({ number, value }) => [number, value])),
  );

const snapshot: fc.Arbitrary<Change> = fc.record({ kind: fc.constant('snapshot'), revision, fields });
const patch: fc.Arbitrary<Change> = fc.record({
  kind: fc.constant('patch'),
  revision,
  fields,
  mask: fc.subarray(numbers),
});
const deleted: fc.Arbitrary<Change> = fc.constant({ kind: 'deleted' });

export const arbitraryChange: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: snapshot, weight: 4 },
  { arbitrary: patch, weight: 6 },
  { arbitrary: deleted, weight: 1 },
);

/** The change as a document of its own. */
export function toDocument(change: Change): Document {
  if (change.kind === 'deleted') return tombstone;
  const job = joinFields(
    new Map(
      Object.entries(change.fields).map(([number, value]) => [Number(number), record(Number(number), value)]),
    ),
  );
  if (change.kind === 'snapshot') return snapshotDocument(job, BigInt(change.revision));
  return patchDocument(job, change.mask, BigInt(change.revision));
}

function record(number: number, value: number): Uint8Array {
  return Buffer.concat([encodeVarint(number * 8), encodeVarint(value)]);
}

/** What a set of changes amounts to, by the rules as they are written, one field at a time. */
export interface Expected {
  readonly deleted: boolean;
  readonly visible: boolean;
  readonly revision: number;
  readonly job: Uint8Array;
  readonly reflects: (revision: number) => boolean;
}

export function expected(changes: readonly Change[]): Expected {
  const live = changes.filter((change) => change.kind !== 'deleted');
  const snapshots = live.filter(({ kind }) => kind === 'snapshot').map((change) => change.revision);
  const value = (number: number): Uint8Array => {
    const claims = live
      .filter((change) => change.kind === 'snapshot' || change.mask.includes(number))
      .map((change) => {
        const given = change.fields[number];
        return {
          revision: change.revision,
          bytes: given === undefined ? new Uint8Array() : record(number, given),
        };
      })
      .sort((a, b) => a.revision - b.revision || Buffer.compare(a.bytes, b.bytes));
    return claims.at(-1)?.bytes ?? new Uint8Array();
  };
  return {
    deleted: live.length < changes.length,
    visible: snapshots.length > 0,
    revision: Math.max(0, ...live.map((change) => change.revision)),
    job: Buffer.concat(numbers.map(value)),
    reflects: (wanted) =>
      live.length < changes.length ||
      snapshots.some((one) => one >= wanted) ||
      live.some((change) => change.revision === wanted),
  };
}
