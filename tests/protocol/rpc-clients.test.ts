import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { errorCases } from '../support/error-table.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { decodeRpcMessage, jobDesc } from '../support/job-descriptors.ts';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { clientFactories, type RpcClient, type RpcResult } from '../support/rpc-clients.ts';
import { jobIds, p1Reader, startService, storedJobs, type TestService } from '../support/service.ts';

let service: TestService;
let gateway: Gateway;
let server: RunningGrpc;

beforeAll(async () => {
  service = await startService(p1Reader);
  gateway = await startGateway(service.parts);
  server = await startGrpcService({ ...service.parts, sharedReadMs: 0 });
});
afterAll(async () => {
  await server.stop();
  await gateway.stop();
  await service.stop();
});
beforeEach(() => {
  service.proxy.decide = () => 'forward';
});

const detail = (result: RpcResult, type: string): Uint8Array | undefined =>
  'details' in result ? result.details.find((one) => one.type === `google.rpc.${type}`)?.value : undefined;

describe.each(Object.entries(clientFactories))('%s', (name, factory) => {
  let client: RpcClient;
  beforeAll(() => {
    client = factory({ http: gateway.url, grpc: server.port });
  });
  afterAll(() => client.close?.());

  const inJson = name.endsWith('JSON');
  const get = (jobId: string, metadata: Readonly<Record<string, string>> = {}, timeoutMs?: number) =>
    client.get(jobId, {
      metadata: { authorization: 'Bearer good', ...metadata },
      ...(timeoutMs !== undefined && { timeoutMs }),
    });

  it.each([jobIds.plain, jobIds.large, jobIds.unknownFields])('gets %s, field for field', async (id) => {
    const result = await get(id);
    const expected = fromBinary(jobDesc, storedJobs[id]!, { readUnknownFields: !inJson });
    expect(result).toMatchObject({ job: expected });
    if ('bytes' in result) expect(Buffer.from(result.bytes)).toEqual(Buffer.from(storedJobs[id]!));
  });

  it('gets the metadata with it', async () => {
    expect(
      await get(jobIds.plain, { 'x-request-id': 'mine', 'x-min-revision': '7', 'x-consistent-read': 'true' }),
    ).toMatchObject({
      metadata: {
        'x-job-revision': '7',
        'x-poll-after': '10',
        'x-request-id': 'mine',
        'x-job-synced-at': expect.stringMatching(/^20/) as unknown,
      },
    });
  });

  it('gets some fields of it', async () => {
    const result = await get(jobIds.plain, { 'x-field-mask': 'status,createdById' });
    expect(result).toMatchObject({ job: { id: '', status: 2, name: '' } });
  });

  it.each(errorCases)('learns the code, the message and the details where $when', async (oneCase) => {
    const {
      jobId = jobIds.plain,
      metadata = {},
      table = 'forward',
      timeoutMs,
      code,
      message,
      field,
      retryInfo,
    } = oneCase;
    service.proxy.decide = () => table;
    const startMs = performance.now();
    const result = await get(jobId, { 'x-request-id': 'r1', ...metadata }, timeoutMs);
    expect(result).toMatchObject({ code, message: expect.stringContaining(message) as unknown });
    if (timeoutMs === undefined) {
      expect(decodeRpcMessage('RequestInfo', detail(result, 'RequestInfo')!).requestId).toBe('r1');
      const badRequest = detail(result, 'BadRequest');
      expect(badRequest && decodeRpcMessage('BadRequest', badRequest).fieldViolations[0]?.field).toBe(field);
      expect(detail(result, 'RetryInfo') !== undefined).toBe(retryInfo === true);
    } else {
      expect(performance.now() - startMs).toBeLessThan(timeoutMs + 1000);
    }
    service.proxy.decide = () => 'forward';
    expect(await get(jobIds.plain)).toHaveProperty('job');
  });

  it('gets one answer for absent, deleted, invisible and others’ jobs, but for the ids', async () => {
    const answer = async (id: string): Promise<string> => {
      const result = await get(id, { 'x-request-id': 'r1' });
      return JSON.stringify({ ...result, debug: undefined }).replaceAll(id, 'ID');
    };
    const absent = await answer('no-such-job');
    for (const id of [jobIds.deleted, jobIds.invisible, jobIds.otherProject])
      expect(await answer(id)).toBe(absent);
  });
});
