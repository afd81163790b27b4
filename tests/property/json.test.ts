import {
  create,
  fromBinary,
  toBinary,
  toJson,
  type DescMessage,
  type JsonValue,
  type Message,
} from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jobToJson } from '../../lib/job/job-type.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { descMessage, jobDesc } from '../support/job-descriptors.ts';
import { shuffledEncoding } from '../support/unusual-encoding.ts';

const canonical = (job: Uint8Array): JsonValue => toJson(jobDesc, fromBinary(jobDesc, job));

/** Parses JSON, and fails on a name that stands twice in one object. */
function parseStrictly(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  expect(JSON.stringify(parsed).length).toBe(text.length);
  return parsed;
}

describe('jobToJson', () => {
  it('equals the canonical JSON of @bufbuild/protobuf on 1,000 random jobs', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), (job) => {
        expect(parseStrictly(jobToJson(job))).toEqual(canonical(job));
      }),
      { numRuns: 1000 },
    );
  });

  it('reads shuffled, split and repeated records as every protobuf reader does', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false }), fc.integer(), (job, seed) => {
        const unusual = shuffledEncoding(job, seed);
        expect(JSON.parse(jobToJson(unusual))).toEqual(canonical(unusual));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a time in two records for the time that they make together, whatever the first says alone', () => {
    const nanosOfTwoSeconds = Buffer.from([0x22, 6, 0x10, 0x80, 0xa8, 0xd6, 0xb9, 7]);
    const nanosOfNone = Buffer.from([0x22, 4, 0x08, 5, 0x10, 0]);
    const job = Buffer.concat([nanosOfTwoSeconds, nanosOfNone]);
    expect(() => jobToJson(nanosOfTwoSeconds)).toThrow('a timestamp is outside');
    expect(JSON.parse(jobToJson(job))).toEqual(canonical(job));
  });

  it('writes large jobs whole', () => {
    const file = (index: number) => ({
      desc: create(fileDescDesc, { path: `${index}/"é"` }),
      sizeBytes: BigInt(index),
    });
    const job = toBinary(
      jobDesc,
      create(jobDesc, {
        config: '\u0000\n"'.repeat(200_000),
        outputFiles: Array.from({ length: 20_000 }, (_, index) => create(fileDesc, file(index))),
      }),
    );
    expect(JSON.parse(jobToJson(job))).toEqual(canonical(job));
  });

  it('meets every field of every message and every arm of every oneof in 1,000 random jobs', () => {
    const met = new Set<string>();
    for (const job of fc.sample(arbitraryJob({ plain: false }), 1000))
      collectFields(fromBinary(jobDesc, job), jobDesc, met);
    expect([...met].sort()).toEqual(allFields(jobDesc).sort());
  });
});

const fileDesc = descMessage('File');
const fileDescDesc = descMessage('FileDesc');

/** Adds `Message.field` for each field that is set, at any depth. */
function collectFields(message: Message, desc: DescMessage, met: Set<string>): void {
  const reflected = reflect(desc, message);
  for (const field of desc.fields) {
    if (!reflected.isSet(field)) continue;
    met.add(`${desc.typeName}.${field.name}`);
    if (field.fieldKind === 'message') collectFields(reflected.get(field).message, field.message, met);
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const element of reflected.get(field))
        collectFields((element as ReflectMessage).message, field.message, met);
    }
  }
}

function allFields(desc: DescMessage, seen = new Set<DescMessage>()): string[] {
  if (seen.has(desc)) return [];
  seen.add(desc);
  return desc.fields.flatMap((field) => [
    `${desc.typeName}.${field.name}`,
    ...(field.message ? allFields(field.message, seen) : []),
  ]);
}
