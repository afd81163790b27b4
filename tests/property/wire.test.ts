import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jobToJson } from '../../lib/job/job-type.ts';
import {
  concatenate,
  encodeVarint,
  joinFields,
  MalformedMessageError,
  splitFields,
  WireReader,
} from '../../lib/protobuf/wire.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { records, shuffledEncoding } from '../support/unusual-encoding.ts';

describe('splitFields and joinFields', () => {
  it('give the same bytes back where fields stand in the order of their numbers', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), (job) => {
        const [known, unknown] = [records(job), records(job).filter((record) => record[0]! >= 0x80)];
        expect(known.length).toBeGreaterThanOrEqual(unknown.length);
        const ordered = joinFields(splitFields(job));
        expect(joinFields(splitFields(ordered))).toEqual(ordered);
      }),
    );
  });

  it('keep every record, and the order of those of one field', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), fc.integer(), (job, seed) => {
        const shuffled = shuffledEncoding(job, seed);
        const number = (record: Uint8Array): number => new WireReader(record).readTag() >>> 3;
        const expected = records(shuffled)
          .map((record, index) => ({ record, index }))
          .sort((a, b) => number(a.record) - number(b.record) || a.index - b.index)
          .map(({ record }) => record);
        expect(Buffer.from(joinFields(splitFields(shuffled)))).toEqual(Buffer.concat(expected));
      }),
    );
  });
});

describe('malformed bytes', () => {
  it('are refused as such, wherever a job is cut off', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), fc.nat(), (job, at) => {
        const cut = job.subarray(0, at % (job.length + 1));
        expect(outcome(() => jobToJson(cut))).not.toBe('another error');
        expect(outcome(() => splitFields(cut))).not.toBe('another error');
      }),
      { numRuns: 1000 },
    );
  });

  it('are refused as such, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(() => jobToJson(bytes))).not.toBe('another error');
        expect(outcome(() => splitFields(bytes))).not.toBe('another error');
      }),
      { numRuns: 5000 },
    );
  });

  const openGroups = concatenate(Array.from({ length: 5000 }, () => Uint8Array.of(0xa3, 0x06)));
  it.each([
    ['a varint without an end', Buffer.alloc(11, 0xff)],
    ['a length past the end', Buffer.from([0x0a, 5, 0x61])],
    ['a length of four gigabytes', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a length that does not fit in 32 bits', Buffer.from([0x0a, 0x81, 0x80, 0x80, 0x80, 0x10, 0x61])],
    ['field number 0', Buffer.from([0x02, 0])],
    ['wire type 6', Buffer.from([0x0e])],
    ['a group that is not open', Buffer.from([0xa4, 0x06])],
    ['a group that another one ends', Buffer.from([0xa3, 0x06, 0xac, 0x06])],
    ['groups nested without end', openGroups],
    ['a fixed64 cut short', Buffer.from([0xa1, 0x06, 1, 2])],
  ])('are refused: %s', (_, bytes) => {
    expect(() => splitFields(bytes)).toThrow(MalformedMessageError);
  });

  it('are refused: a string that is not UTF-8', () => {
    expect(() => jobToJson(Buffer.from([0x0a, 2, 0xc3, 0x28]))).toThrow('a string is not UTF-8');
  });

  it('pass where they are merely unusual: a tag of several bytes, an unknown group, a wrong wire type', () => {
    const name = [0x92, 0x80, 0x00, 1, 0x61];
    const group = [0xa3, 0x06, 0x08, 1, 0xa4, 0x06];
    const idAsVarint = [0x08, 7];
    expect(jobToJson(Buffer.from([...name, ...group, ...idAsVarint]))).toBe('{"name":"a"}');
  });
});

describe('encodeVarint', () => {
  it('is read back as the same int64', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(new WireReader(encodeVarint(value)).readInt64()).toBe(value);
      }),
    );
  });
});

function outcome(action: () => unknown): string {
  try {
    action();
    return 'fine';
  } catch (error) {
    return error instanceof MalformedMessageError ? 'malformed' : 'another error';
  }
}
