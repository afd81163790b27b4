import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyFieldMask, FieldMaskError, parseFieldMask } from '../../lib/protobuf/field-mask.ts';
import { jobToJson, jobType } from '../../lib/job/job-type.ts';
import type { Message } from '../../lib/protobuf/schema.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';

type Json = Readonly<Record<string, unknown>>;

/** Every path of the Job, as names in JSON. */
function allPaths(type: Message, prefix: readonly string[] = []): readonly (readonly string[])[] {
  return type.fields.flatMap((field) => {
    const path = [...prefix, field.jsonName];
    return [path, ...(field.message ? allPaths(field.message, path) : [])];
  });
}

/** What a mask leaves of parsed JSON, by the book: the slow way. */
function pick(json: Json, paths: readonly (readonly string[])[]): Json {
  const entries = Object.entries(json).flatMap(([name, value]): [string, unknown][] => {
    const here = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    if (here.length === 0) return [];
    if (here.some((path) => path.length === 0)) return [[name, value]];
    if (Array.isArray(value)) return [[name, value.map((element: Json) => pick(element, here))]];
    return [[name, pick(value as Json, here)]];
  });
  return Object.fromEntries(entries);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('a field mask', () => {
  it('keeps exactly what it names, nested and through lists, in either spelling', () => {
    const paths = fc.uniqueArray(fc.constantFrom(...allPaths(jobType)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(arbitraryJob({ plain: false }), paths, fc.boolean(), (job, chosen, snake) => {
        const text = chosen.map((path) => path.map(snake ? snakeCase : String).join('.')).join(',');
        const masked = applyFieldMask(parseFieldMask(jobType, text)!, job);
        const whole = JSON.parse(jobToJson(job)) as Json;
        expect(JSON.parse(jobToJson(masked))).toEqual(pick(whole, chosen));
      }),
      { numRuns: 1000 },
    );
  });

  it('that is empty or has a * selects the whole job', () => {
    expect(parseFieldMask(jobType, '')).toBeUndefined();
    expect(parseFieldMask(jobType, 'status,*')).toBeUndefined();
  });

  it.each([
    ['nope', 'has the path "nope", but Job has no field "nope"; it has id, name, desc'],
    [
      'jobParameters.nope',
      'has the path "jobParameters.nope", but JobParameters has no field "nope"; it has inputFiles',
    ],
    ['status,', 'has an empty name in the path ""'],
    ['jobParameters..cmd', 'has an empty name in the path "jobParameters..cmd"'],
    ['name.first', 'has the path "name.first", but "name" has no fields to choose from'],
    ['jobParameters.env.vars.PATH', '"vars" has no fields to choose from'],
    ['createdAt.seconds', '"createdAt" has no fields to choose from'],
    [Array(200).fill('id').join(','), 'has 200 paths; at most 128 are allowed'],
    ['*,nope', 'has the path "nope"'],
    ['x'.repeat(8192), 'but Job has no field'],
    [','.repeat(8193), 'has 8193 characters; at most 8192 are allowed'],
  ])('is refused with a word about what is wrong: %.20s', (text, message) => {
    expect(() => parseFieldMask(jobType, text)).toThrow(FieldMaskError);
    expect(() => parseFieldMask(jobType, text)).toThrow(message);
  });

  it('keeps unknown fields in what it keeps whole', () => {
    const unknownInParameters = Buffer.from([0x52, 4, 0xa2, 0x06, 1, 0x61]);
    expect(applyFieldMask(parseFieldMask(jobType, 'jobParameters')!, unknownInParameters)).toEqual(
      new Uint8Array(unknownInParameters),
    );
    expect(applyFieldMask(parseFieldMask(jobType, 'jobParameters.cmd')!, unknownInParameters)).toEqual(
      Uint8Array.of(0x52, 0),
    );
  });
});
