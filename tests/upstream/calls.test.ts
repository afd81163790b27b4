import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import fc from 'fast-check';
import { codeNumbers, Status, type Code } from '../../lib/runtime/status.ts';
import { createJobSource, type JobSourceOptions } from '../../lib/upstream/create-job-source.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { attemptLimit, retryBackOff } from '../../lib/upstream/limits.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { jobBytes } from '../support/documents.ts';
import { MovingClock } from './moving-clock.ts';
import { retryInfo, startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts';

let upstream: ScriptedUpstream;
let clock: MovingClock;
const sources: JobSource[] = [];

const sourceOf = (options: Partial<JobSourceOptions> = {}): JobSource => {
  const source = createJobSource({
    target: { address: upstream.address, plaintext: true },
    tokens: undefined,
    callsPerSecond: 1000,
    maxConcurrentCalls: 10,
    log: () => undefined,
    clock,
    random: () => 0.5,
    ...options,
  });
  sources.push(source);
  return source;
};

const failureOf = async (call: Promise<unknown>): Promise<Status> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof Status) return error;
    throw error;
  }
  throw new Error('there was an answer');
};

beforeEach(async () => {
  upstream = await startScriptedUpstream();
  clock = new MovingClock('leaping');
});
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  upstream.stop();
});

const soon = () => clock.deadline(10_000);

describe('get', () => {
  it('gives the bytes of the job as they came, with fields that nobody here knows', async () => {
    const source = sourceOf();
    await fc.assert(
      fc.asyncProperty(arbitraryJob({ plain: false, unknownFields: true }), async (job) => {
        upstream.next.push(job);
        const { job: got } = await source.get('j1', soon());
        expect(Buffer.from(got!).equals(job)).toBe(true);
      }),
      { numRuns: 50 },
    );
    expect(upstream.calls[0]).toMatchObject({ method: 'Get', request: { jobId: 'j1' } });
  });

  it('takes it for an answer that there is no such job', async () => {
    upstream.next.push({ code: 'NOT_FOUND', message: 'Job j1 not found' });
    expect(await sourceOf().get('j1', soon())).toEqual({
      job: undefined,
      readAt: BigInt(clock.epochMs()) * 1000n,
    });
    expect(upstream.calls).toHaveLength(1);
  });
});

describe('list', () => {
  it('asks as the official client would, and gives the bytes of each job as they came', async () => {
    const known = sdk.jobs.Job.encode(sdk.jobs.Job.fromPartial({ id: 'j1', projectId: 'p1' })).finish();
    const unknown = Buffer.concat([jobBytes({ id: 'j2' }), Buffer.from([0xc2, 0x3e, 1, 7])]);
    const record = Buffer.concat([Buffer.from([0x0a, unknown.length]), unknown]);
    const page = sdk.projectJobService.ListProjectJobResponse.fromPartial({ nextPageToken: 'more' });
    const message = sdk.projectJobService.ListProjectJobResponse.encode({
      ...page,
      jobs: [sdk.jobs.Job.decode(known)],
    }).finish();
    upstream.next.push(Buffer.concat([message, record]));

    const filter = 'status IN (EXECUTING, UPLOADING_OUTPUT)';
    const request = { projectId: 'p1', filter, pageSize: 200, pageToken: 'this' };
    const { jobs, nextPageToken } = await sourceOf().list(request, soon());
    expect(jobs.map((job) => Buffer.from(job))).toEqual([Buffer.from(known), unknown]);
    expect(nextPageToken).toBe('more');
    expect(upstream.calls[0]).toMatchObject({ method: 'List', request });
  });

  it('has an empty page token where the page is the last, and no job where there is none', async () => {
    upstream.next.push(Buffer.alloc(0));
    expect(await sourceOf().list({ projectId: 'p1', pageSize: 10 }, soon())).toMatchObject({
      jobs: [],
      nextPageToken: '',
    });
  });

  it('takes pages of many megabytes', async () => {
    const job = jobBytes({ config: 'x'.repeat(1 << 20) });
    const header = Buffer.from([0x0a, ...Buffer.from('xxx')]);
    const size = job.length;
    header.set([(size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, size >> 14], 1);
    upstream.next.push(Buffer.concat(Array(20).fill(Buffer.concat([header, job]))));
    const { jobs } = await sourceOf().list({ projectId: 'p1', pageSize: 20 }, soon());
    expect(jobs.map(({ length }) => length)).toEqual(Array(20).fill(size));
  });

  it('does not take more than its limit, asks no second time, and says what to do', async () => {
    upstream.otherwise = () => Buffer.alloc((64 << 20) + 1);
    const logged: string[] = [];
    const log = (_: string, message: string): void => {
      logged.push(message);
    };
    const failure = await failureOf(sourceOf({ log }).list({ projectId: 'p1', pageSize: 20 }, soon()));
    expect(failure.code).toBe('RESOURCE_EXHAUSTED');
    // It is our own limit, and no reason to slow down.
    expect(logged).toEqual([]);
    expect(failure.message).toContain('has more than 67108864 bytes');
    expect(upstream.calls).toHaveLength(1);
  });

  it('says that an answer cannot be used that is not a page', async () => {
    upstream.next.push(Buffer.from([0x0a, 0xff]));
    const failure = await failureOf(sourceOf().list({ projectId: 'p1', pageSize: 20 }, soon()));
    expect(failure).toMatchObject({
      reason: 'UPSTREAM_RESPONSE_UNUSABLE',
      code: 'DATA_LOSS',
      message: "upstream's list of project p1 cannot be read",
    });
  });

  it.each([
    ['NOT_FOUND', 'NOT_FOUND', 'upstream knows of no project p1'],
    ['PERMISSION_DENIED', 'FAILED_PRECONDITION', 'upstream does not let this service read project p1'],
  ] as const)('of a project that upstream answers with %s is an error', async (code, answered, words) => {
    upstream.next.push({ code, message: 'in their words' });
    const failure = await failureOf(sourceOf().list({ projectId: 'p1', pageSize: 20 }, soon()));
    expect(failure.code).toBe(answered);
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain('in their words');
    expect(failure.cause).toMatchObject({ code, message: 'in their words' });
  });
});

describe('a failure', () => {
  /** What upstream says → what our caller gets, and how often upstream was asked. */
  const table: Readonly<Record<Exclude<Code, 'NOT_FOUND'>, readonly [Code, number]>> = {
    CANCELLED: ['UNAVAILABLE', attemptLimit],
    UNKNOWN: ['UNAVAILABLE', 1],
    INVALID_ARGUMENT: ['INVALID_ARGUMENT', 1],
    DEADLINE_EXCEEDED: ['UNAVAILABLE', attemptLimit],
    ALREADY_EXISTS: ['UNAVAILABLE', 1],
    PERMISSION_DENIED: ['FAILED_PRECONDITION', 1],
    RESOURCE_EXHAUSTED: ['UNAVAILABLE', attemptLimit],
    FAILED_PRECONDITION: ['FAILED_PRECONDITION', 1],
    ABORTED: ['UNAVAILABLE', attemptLimit],
    OUT_OF_RANGE: ['INVALID_ARGUMENT', 1],
    UNIMPLEMENTED: ['FAILED_PRECONDITION', 1],
    INTERNAL: ['UNAVAILABLE', 1],
    UNAVAILABLE: ['UNAVAILABLE', attemptLimit],
    DATA_LOSS: ['UNAVAILABLE', 1],
    UNAUTHENTICATED: ['FAILED_PRECONDITION', 1],
  };
  const codes = Object.keys(codeNumbers).filter((code) => code !== 'NOT_FOUND') as (keyof typeof table)[];

  it.each(codes)('%s is answered in our words, and tried again only where that may help', async (code) => {
    upstream.otherwise = () => ({ code, message: 'in their words' });
    const failure = await failureOf(sourceOf().get('j1', clock.deadline(60_000)));
    expect([failure.code, upstream.calls.length]).toEqual(table[code]);
    expect(failure.message).not.toContain('in their words');
    expect(failure.cause).toMatchObject({ name: 'UpstreamError', code, message: 'in their words' });
    expect(failure.details.some(({ type }) => type === 'RetryInfo')).toBe(table[code][1] > 1);
  });

  it('that passes is not noticed by the caller', async () => {
    const [unavailable, aborted] = [{ code: 'UNAVAILABLE' }, { code: 'ABORTED' }] as const;
    upstream.next.push(unavailable, aborted, jobBytes());
    expect((await sourceOf().get('j1', soon())).job).toEqual(Buffer.from(jobBytes()));
  });

  it('is followed by a wait that grows, and is of random length', async () => {
    const times: number[] = [];
    upstream.otherwise = () => {
      times.push(clock.now());
      return { code: 'UNAVAILABLE' };
    };
    await failureOf(sourceOf({ random: () => 0.25 }).get('j1', soon()));
    const { firstMs } = retryBackOff;
    expect(times.map((time, index) => time - (times[index - 1] ?? 0))).toEqual([
      0,
      0.25 * firstMs,
      0.25 * 2 * firstMs,
      0.25 * 4 * firstMs,
    ]);
  });

  it.each([
    ['RetryInfo', retryInfo(3500), 3500],
    ['grpc-retry-pushback-ms', { 'grpc-retry-pushback-ms': '3000' }, 3000],
    ['retry-after', { 'retry-after': '3' }, 3000],
  ])('that says when to come back in %s is tried again no earlier', async (_, trailers, delayMs) => {
    for (const code of ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'] as const) {
      const startMs = clock.now();
      upstream.next.push({ code, trailers: trailers! }, jobBytes());
      await sourceOf().get('j1', soon());
      expect(clock.now() - startMs).toBeGreaterThanOrEqual(delayMs);
    }
  });

  it('is final at once where the next try would come after the deadline, and says when it would', async () => {
    upstream.otherwise = () => ({ code: 'UNAVAILABLE', trailers: retryInfo(30_000)! });
    const startMs = clock.now();
    const failure = await failureOf(sourceOf().get('j1', soon()));
    expect(clock.now()).toBe(startMs);
    const [detail] = failure.details;
    expect(detail).toMatchObject({ type: 'RetryInfo' });
    expect((detail as { retryDelayMs: number }).retryDelayMs).toBeGreaterThanOrEqual(30_000);
  });
});
