import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceError } from '@grpc/grpc-js';
import { decodeRpcMessage } from '../support/job-descriptors.ts';
import { noFaults } from '../../infra/upstream-stand-in/faults.ts';
import { ProjectJobServiceService as service } from '../../infra/upstream-stand-in/sdk.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { rawClient } from './raw-client.ts';
import { startSecureUpstream, type SdkClient, type SecureUpstream } from './sdk-client.ts';

describe('a fault of the stand-in', () => {
  let upstream: SecureUpstream;
  let client: SdkClient;
  let jobId: string;

  beforeAll(async () => {
    upstream = await startSecureUpstream({ seed: 11, projects: ['p1'], clock: new SimulatedClock() });
    client = upstream.client();
    jobId = upstream.world.createJob('p1');
  });
  afterEach(() => {
    const { iam, ...faults } = noFaults();
    Object.assign(upstream.faults, faults);
    Object.assign(upstream.faults.iam, iam);
    upstream.calls.clear();
    upstream.world.advance(60_000);
  });
  afterAll(() => upstream.stop());

  const codeOf = (call: Promise<unknown>): Promise<number | undefined> =>
    call.then(
      () => 0,
      (error: unknown) => (error as ServiceError).code,
    );
  const codesOf = async (count: number): Promise<readonly unknown[]> => {
    const codes: unknown[] = [];
    for (let call = 0; call < count; call++) codes.push(await codeOf(client.get(jobId)));
    return codes;
  };

  /** The error of a Get, as grpc-js makes it. */
  const rawFailure = async (deadline?: Date): Promise<ServiceError> => {
    const raw = rawClient(upstream);
    const request = service.get.requestSerialize({ jobId });
    const failure = await raw.call('get', request, deadline).catch((error: unknown) => error);
    raw.close();
    return failure as ServiceError;
  };

  it('the fault quota answers calls beyond the limit RESOURCE_EXHAUSTED, and does not count them', async () => {
    upstream.faults.quota = { callsPerSecond: 3 };
    expect(await codesOf(5)).toEqual([0, 0, 0, 8, 8]);
    upstream.world.advance(999);
    expect(await codesOf(1)).toEqual([8]);
    upstream.world.advance(1);
    expect(await codesOf(4)).toEqual([0, 0, 0, 8]);
    expect(upstream.calls.quotaExceeded).toBe(4);
  });

  it('the fault quota counts Get and List together, also by the minute, but not calls without a token', async () => {
    upstream.faults.quota = { callsPerMinute: 2 };
    expect(await codeOf(upstream.client('t1.bad').get(jobId))).toBe(16);
    expect(await codeOf(client.list({ projectId: 'p1' }))).toBe(0);
    upstream.world.advance(30_000);
    expect(await codesOf(2)).toEqual([0, 8]);
    upstream.world.advance(30_000);
    expect(await codesOf(2)).toEqual([0, 8]);
  });

  it('the fault quota says when to try a refused call again', async () => {
    upstream.faults.quota = { callsPerMinute: 1 };
    await client.get(jobId);
    upstream.world.advance(12_500);
    const error = await rawFailure();
    const status = decodeRpcMessage('Status', error.metadata.get('grpc-status-details-bin')[0] as Buffer);
    expect(status).toMatchObject({ code: 8, message: error.details });
    expect(status.details.map(({ typeUrl }) => typeUrl)).toEqual([
      'type.googleapis.com/google.rpc.RetryInfo',
    ]);
    const { retryDelay } = decodeRpcMessage('RetryInfo', status.details[0]!.value);
    expect(retryDelay).toMatchObject({ seconds: 47n, nanos: 500_000_000 });
    expect(error.metadata.get('x-request-id')).toHaveLength(1);
  });

  it('the fault failRate fails exactly that share of every hundred calls, with the code of failCode', async () => {
    Object.assign(upstream.faults, { failRate: 0.3, failCode: 'INTERNAL' });
    const codes = await codesOf(200);
    for (const hundred of [codes.slice(0, 100), codes.slice(100)])
      expect(hundred.filter((code) => code === 13)).toHaveLength(30);
    expect(codes.slice(0, 100)).not.toEqual(codes.slice(100));
    expect(codes.filter((code) => code === 0)).toHaveLength(140);
  });

  it('the fault stall leaves a call without an answer, but none that comes after the fault', async () => {
    upstream.faults.stall = true;
    let ended = false;
    const stalled = codeOf(client.get(jobId)).finally(() => {
      ended = true;
    });
    await until(() => upstream.calls.count('Get') === 1);
    upstream.faults.stall = false;
    expect(await codesOf(3)).toEqual([0, 0, 0]);
    expect(ended).toBe(false);
    expect(upstream.calls.all[0]?.code).toBeUndefined();
    upstream.faults.down = true;
    await stalled;
    expect(upstream.calls.all[0]?.code).toBe('CANCELLED');
  });

  it('the fault stall lets a call end by its deadline', async () => {
    upstream.faults.stall = true;
    expect(await rawFailure(new Date(Date.now() + 200))).toMatchObject({ code: 4 });
    await until(() => upstream.calls.all[0]?.code === 'CANCELLED');
  });

  it('the fault down fails open and new calls with UNAVAILABLE, and no call afterwards', async () => {
    upstream.faults.stall = true;
    const underWay = codeOf(client.get(jobId));
    await until(() => upstream.calls.count() === 1);
    upstream.faults.down = true;
    expect(await underWay).toBe(14);
    expect(await codesOf(2)).toEqual([14, 14]);
    expect(upstream.calls.count()).toBe(1);
    Object.assign(upstream.faults, { stall: false, down: false });
    await until(async () => (await codeOf(client.get(jobId))) === 0);
  });

  it('the fault latencyMs delays an answer that says what was true when the call arrived', async () => {
    const id = upstream.world.createJob('p1', { life: { creatingMs: 1000 } });
    const before = await client.get(id);
    upstream.faults.latencyMs = 300;
    const late = client.get(id);
    await until(() => upstream.calls.count() === 2);
    upstream.world.advance(1000);
    expect(await late).toEqual(before);
    upstream.faults.latencyMs = 0;
    expect(await client.get(id)).not.toEqual(before);
  });

  it('the fault latencyMs notes a call that its caller cancelled', async () => {
    upstream.faults.latencyMs = 5000;
    expect(await rawFailure(new Date(Date.now() + 200))).toMatchObject({ code: 4 });
    await until(() => upstream.calls.all[0]?.code === 'CANCELLED');
  });

  it('the call log shows the calls that faults ended, and all others', async () => {
    const at = upstream.world.now;
    await client.get(jobId);
    upstream.world.advance(60_000);
    await codeOf(client.get('another'));
    await client.list({ projectId: 'p1' });
    const { calls } = upstream;
    expect(calls.all).toEqual([
      { method: 'Get', jobId, at, code: 'OK' },
      { method: 'Get', jobId: 'another', at: at + 60_000, code: 'NOT_FOUND' },
      { method: 'List', projectId: 'p1', at: at + 60_000, code: 'OK' },
    ]);
    expect([calls.count(), calls.count('Get'), calls.count('List')]).toEqual([3, 2, 1]);
    expect([...calls.perMinute().values()]).toEqual([1, 2]);
    expect([...calls.perMinute('List').values()]).toEqual([1]);
  });
});

/** Waits until something is true, for at most 5 seconds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + 5000; !(await holds());) {
    if (Date.now() > giveUp) throw new Error(`not true after 5 s: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
