import { create, fromBinary, toBinary, type Message } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AnySchema, JobSchema, StatusSchema } from '../../lib/protobuf/generated/schema.ts';
import { messageToJson } from '../../lib/protobuf/json.ts';
import { fieldReader } from '../../lib/protobuf/read-fields.ts';
import { messageType } from '../../lib/protobuf/schema.ts';
import { MalformedMessageError, WireWriter } from '../../lib/protobuf/wire.ts';
import { fieldWriter } from '../../lib/protobuf/write-fields.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { jobDesc, registry } from '../support/job-descriptors.ts';
import { shuffledEncoding } from '../support/unusual-encoding.ts';

/** One field of each kind that a Job has at its top. */
const names = [
  'id',
  'createdAt',
  'status',
  'jobParameters',
  'dataCleared',
  'outputFiles',
  'dataSizeBytes',
] as const;
const readJob = fieldReader(JobSchema, names);
const writeJob = fieldWriter(JobSchema);

interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** What another implementation of protobuf reads of the same fields. */
function referenceFields(job: Uint8Array) {
  const message = fromBinary(jobDesc, job) as unknown as Record<(typeof names)[number], unknown>;
  const { id, status, dataCleared, dataSizeBytes } = message;
  const createdAt = message.createdAt as Time | undefined;
  return {
    id,
    createdAt: createdAt && { seconds: Number(createdAt.seconds), nanos: createdAt.nanos },
    status,
    jobParameters: message.jobParameters,
    dataCleared,
    outputFiles: message.outputFiles,
    dataSizeBytes,
  };
}

/** What `fieldReader` gives of them, its messages decoded by that implementation. */
function fieldsOf(job: Uint8Array) {
  const { jobParameters, outputFiles, ...others } = readJob(job);
  const decode = (name: string, bytes: Uint8Array): Message =>
    fromBinary(registry.getMessage(`yandex.cloud.datasphere.v2.jobs.${name}`)!, bytes);
  return {
    ...others,
    jobParameters: jobParameters && decode('JobParameters', jobParameters),
    outputFiles: outputFiles.map((bytes) => decode('File', bytes)),
  };
}

describe('fieldReader', () => {
  it('reads by name what another implementation of protobuf reads', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), (job) => {
        expect(fieldsOf(job)).toEqual(referenceFields(job));
      }),
      { numRuns: 1000 },
    );
  });

  it('reads the same from records that are shuffled, repeated and split', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), fc.integer(), (job, seed) => {
        const shuffled = shuffledEncoding(job, seed);
        expect(fieldsOf(shuffled)).toEqual(referenceFields(shuffled));
      }),
      { numRuns: 1000 },
    );
  });

  it('merges a timestamp that is split into two records', () => {
    const [seconds, nanos] = [
      { seconds: 7, nanos: 0 },
      { seconds: 0, nanos: 8 },
    ].map((createdAt) => writeJob({ createdAt }));
    expect(readJob(Buffer.concat([seconds!, nanos!])).createdAt).toEqual({ seconds: 7, nanos: 8 });
  });

  it('gives default values for what is absent', () => {
    expect(readJob(new Uint8Array())).toEqual({
      id: '',
      createdAt: undefined,
      status: 0,
      jobParameters: undefined,
      dataCleared: false,
      outputFiles: [],
      dataSizeBytes: 0n,
    });
  });

  it('keeps a byte order mark, which is text too', () => {
    expect(readJob(writeJob({ id: '\ufeffbt1' })).id).toBe('\ufeffbt1');
  });

  it('refuses a string that is not UTF-8, unless a later one replaces it', () => {
    const bad = new WireWriter().lengthDelimited(1, Uint8Array.of(0xff)).finish();
    expect(() => readJob(bad)).toThrow(MalformedMessageError);
    expect(() => readJob(bad)).toThrow('a string is not UTF-8');
    expect(readJob(Buffer.concat([bad, writeJob({ id: 'bt1' })])).id).toBe('bt1');
  });

  it('goes past records of another wire type than the field has', () => {
    const misfit = new WireWriter().tag(1, 0).varint(5).lengthDelimited(6, Uint8Array.of(4)).finish();
    expect(readJob(misfit)).toMatchObject({ id: '', status: 0 });
  });

  it('takes every integer but 0 for true', () => {
    expect(readJob(Uint8Array.of(12 << 3, 2)).dataCleared).toBe(true);
    expect(readJob(Uint8Array.of(12 << 3, 0)).dataCleared).toBe(false);
  });

  it('refuses what is not a message, wherever a job is cut off', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), fc.nat(), (job, at) => {
        const cut = job.subarray(0, at % (job.length + 1));
        try {
          readJob(cut);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
    );
  });
});

describe('fieldWriter', () => {
  it('writes a message from which another implementation reads the same values', () => {
    const statusDesc = registry.getMessage('google.rpc.Status')!;
    const writeStatus = fieldWriter(StatusSchema);
    const writeAny = fieldWriter(AnySchema);
    const text = fc.string({ unit: 'grapheme' });
    const any = fc.record({ typeUrl: text, value: fc.uint8Array() });
    const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(int32, text, fc.array(any, { maxLength: 3 }), (code, message, details) => {
        const bytes = writeStatus({ code, message, details: details.map(writeAny) });
        const reference = create(statusDesc, {
          code,
          message,
          details: details.map((detail) => create(registry.getMessage('google.protobuf.Any')!, detail)),
        });
        expect(bytes).toEqual(toBinary(statusDesc, reference));
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves out default values, but not a timestamp of them', () => {
    const createdAt = { seconds: 0, nanos: 0 };
    expect(writeJob({ id: '', status: 0, dataCleared: false, dataSizeBytes: 0n, createdAt })).toEqual(
      Uint8Array.of((4 << 3) | 2, 0),
    );
  });

  it('writes back what fieldReader read, byte for byte', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: true }), (job) => {
        const written = writeJob(readJob(job));
        expect(writeJob(readJob(written))).toEqual(written);
        expect(fieldsOf(written)).toEqual(referenceFields(job));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('messageToJson', () => {
  it('refuses a message type that holds bytes, for which it has no JSON', () => {
    expect(() => messageToJson(messageType(StatusSchema), new Uint8Array())).not.toThrow();
    const any = fieldWriter(AnySchema)({ typeUrl: 'a' });
    expect(() => messageToJson(messageType(AnySchema), any)).toThrow('value: bytes have no JSON here');
  });
});
