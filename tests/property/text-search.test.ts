import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { comparedBytes, TextSearch, TooMuchTextError } from '../../lib/job/text-search.ts';

const limit = 1 << 20;

/** Few different bytes, so that texts overlap, repeat and begin alike. */
const bytes = (maxLength: number) =>
  fc.array(fc.constantFrom(0x61, 0x62, 0), { maxLength }).map((all) => Buffer.from(all));

/** The same by looking for each text at each place. */
function covered(haystack: Buffer, texts: readonly Buffer[]): readonly boolean[] {
  const found = Array<boolean>(haystack.length).fill(false);
  for (const text of texts)
    for (let at = 0; text.length > 0 && at + text.length <= haystack.length; at++)
      if (haystack.subarray(at, at + text.length).equals(text)) found.fill(true, at, at + text.length);
  return found;
}

describe('TextSearch', () => {
  it('finds every text at every place, whatever they share', () => {
    fc.assert(
      fc.property(bytes(200), fc.array(bytes(6), { maxLength: 8 }), (haystack, texts) => {
        const search = new TextSearch(texts, limit);
        const found = Array<boolean>(haystack.length).fill(false);
        const spans = search.find(haystack);
        for (const { start, end } of spans) found.fill(true, start, end);
        expect(found).toEqual(covered(haystack, texts));
        expect(search.isIn(haystack)).toBe(spans.length > 0);
        spans.slice(1).forEach(({ start }, index) => {
          expect(start).toBeGreaterThanOrEqual(spans[index]!.end);
        });
      }),
      { numRuns: 5000 },
    );
  });

  it('covers a text that is longer than what is compared, to its end', () => {
    const long = Buffer.from(
      Array.from({ length: comparedBytes + 100 }, (_, index) => (index * index) % 251),
    );
    const search = new TextSearch([long], limit);
    expect(search.find(Buffer.concat([Buffer.from('ab'), long, Buffer.from('cd')]))).toEqual([
      { start: 2, end: 2 + long.length },
    ]);
    expect(search.isIn(long.subarray(1))).toBe(false);
  });

  it('refuses more text than it may compare', () => {
    const texts = Array.from({ length: 11 }, (_, index) => Buffer.alloc(100, index));
    expect(() => new TextSearch(texts, 1000)).toThrow(TooMuchTextError);
    expect(() => new TextSearch(texts.slice(1), 1000)).not.toThrow();
  });
});
