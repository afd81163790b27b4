import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isVisible, reflects, revisionOf, tombstone, type Document } from '../../lib/job/document.ts';
import { merge, sameDocument } from '../../lib/job/merge.ts';
import { decodeLaterPatches, encodeLaterPatches } from '../../lib/store/later-patches.ts';
import { arbitraryChange, expected, toDocument, type Change } from '../support/arbitrary-event.ts';

const changes = fc.array(arbitraryChange, { minLength: 1, maxLength: 8 });
const fold = (all: readonly Change[]): Document => all.map(toDocument).reduce(merge);
const document = changes.map(fold);

function expectSame(a: Document, b: Document): void {
  expect(a).toEqual(b);
  expect(sameDocument(a, b)).toBe(true);
}

describe('merge', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        expectSame(merge(a, b), merge(b, a));
      }),
      { numRuns: 2000 },
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(document, document, document, (a, b, c) => {
        expectSame(merge(merge(a, b), c), merge(a, merge(b, c)));
      }),
      { numRuns: 2000 },
    );
  });

  it('is idempotent, and then gives the very document back', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        const merged = merge(a, b);
        expect(merge(merged, b)).toBe(merged);
        expect(merge(merged, a)).toBe(merged);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives what the rules say, field by field, for any events in any order and any repetition', () => {
    const shuffled = changes.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all)),
    );
    fc.assert(
      fc.property(shuffled, ([all, inOtherOrder, again]) => {
        const merged = fold([...inOtherOrder, ...again]);
        const wanted = expected(all);
        expect(merged.deleted).toBe(wanted.deleted);
        for (const revision of [1, 2, 3, 4, 5, 6, 7]) {
          expect(reflects(merged, BigInt(revision))).toBe(wanted.reflects(revision));
        }
        if (merged.deleted) return;
        expect(Buffer.from(merged.job)).toEqual(wanted.job);
        expect(isVisible(merged)).toBe(wanted.visible);
        expect(revisionOf(merged)).toBe(BigInt(wanted.revision));
      }),
      { numRuns: 2000 },
    );
  });

  it('lets a deletion absorb everything', () => {
    fc.assert(
      fc.property(document, (a) => {
        expectSame(merge(a, tombstone), tombstone);
        expectSame(merge(tombstone, a), tombstone);
      }),
    );
  });

  it('never lets a revision fall', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        const merged = merge(a, b);
        if (merged.deleted || a.deleted) return;
        expect(revisionOf(merged)).toBeGreaterThanOrEqual(revisionOf(a));
      }),
    );
  });
});

describe('later patches', () => {
  it('come back from the table as they were', () => {
    fc.assert(
      fc.property(document, (a) => {
        if (a.deleted) return;
        expect(decodeLaterPatches(encodeLaterPatches(a.later))).toEqual(a.later);
      }),
    );
  });
});
