import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { localAwsEnvironment } from '../../infra/local/credentials.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { sameDocument } from '../../lib/job/merge.ts';
import { createDynamoDbClient, type DynamoDb } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { answerSizeLimit } from '../../lib/dynamodb/client/transport.ts';
import type { JobStore } from '../../lib/store/job-store.ts';
import { incompressible, snapshotOf } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { startProxy, type Proxy } from '../support/dynamodb-proxy.ts';

/** The client as the functions make it, from the environment. */
function deployedClient(endpoint: string): DynamoDb {
  Object.assign(process.env, localAwsEnvironment(0), { AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  return createDynamoDbClient();
}

describe('the job store, when its table fails', () => {
  let engine: Engine;
  let proxy: Proxy;
  let table: TestTable;
  let store: JobStore;

  beforeAll(async () => {
    engine = await startDynalite();
    proxy = await startProxy(engine.endpoint);
  });
  afterAll(async () => {
    await proxy.stop();
    await engine.stop();
  });
  beforeEach(async () => {
    proxy.decide = () => 'forward';
    table = await createTable(proxy.endpoint);
    proxy.calls.length = 0;
    store = createDynamoDbJobStore({
      ...table,
      client: deployedClient(proxy.endpoint),
      tombstoneDays: 30,
      log: () => undefined,
    });
  });

  const deadline = new Deadline(20_000);
  const get = (within = deadline) => store.get('j1', { consistent: true, deadline: within });
  const put = (document = snapshotOf({}, 1)) =>
    store.put('j1', document, { expect: 'nothing-newer', deadline });

  it.each([
    ['in one item', 10],
    ['in parts', 900_000],
  ])('knows that a write happened whose answer was lost: %s', async (_, size) => {
    const document = incompressible(size, 3);
    let lost = 0;
    proxy.decide = ({ operation, body }) => {
      const isHead = (body['Item'] as { part?: { S: string } } | undefined)?.part?.S === 'head';
      return operation === 'PutItem' && isHead && lost++ === 0 ? 'lose-answer' : 'forward';
    };
    expect(await put(document)).toEqual({ written: true });
    expect(lost).toBe(2);
    expect(sameDocument((await get())!.document, document)).toBe(true);
  });

  it('tries again after it was throttled', async () => {
    let refused = 0;
    proxy.decide = () => (refused++ === 0 ? 'throttle' : 'forward');
    expect(await put()).toEqual({ written: true });
  });

  it('raises UNAVAILABLE, which says when to come back, if the table keeps throttling', async () => {
    proxy.decide = () => 'throttle';
    const failure = { code: 'UNAVAILABLE', details: [{ type: 'RetryInfo', retryDelayMs: 1000 }] };
    await expect(get()).rejects.toMatchObject(failure);
    await expect(put()).rejects.toMatchObject(failure);
  });

  it('raises UNAVAILABLE, with the cause for the log, if the table cannot be reached', async () => {
    const nowhere = await startDynalite();
    await nowhere.stop();
    store = createDynamoDbJobStore({
      ...table,
      client: deployedClient(nowhere.endpoint),
      tombstoneDays: 30,
      log: () => undefined,
    });
    await expect(get()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { message: expect.stringContaining('ECONNREFUSED') as unknown },
    });
  });

  it('raises DEADLINE_EXCEEDED if the table hangs, when the deadline passes and no later', async () => {
    proxy.decide = () => 'hang';
    const startMs = performance.now();
    await expect(get(new Deadline(300))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - startMs).toBeLessThan(1500);
  });

  it('does not outlast the deadline if the table keeps throttling, not even between two tries', async () => {
    proxy.decide = () => 'throttle';
    const startMs = performance.now();
    await expect(get(new Deadline(60))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - startMs).toBeLessThan(400);
  });

  it('takes a missing table for a bug to be logged, and not for UNAVAILABLE', async () => {
    store = createDynamoDbJobStore({
      client: deployedClient(proxy.endpoint),
      table: 'no-such-table',
      tombstoneDays: 30,
      log: () => undefined,
    });
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('takes an answer larger than DynamoDB’s for a bug to be logged, at the first try', async () => {
    let calls = 0;
    const endless = createServer((_, response) => {
      calls++;
      response.write(Buffer.alloc(answerSizeLimit + 1));
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const { port } = endless.address() as AddressInfo;
    const client = deployedClient(`http://127.0.0.1:${port}`);
    store = createDynamoDbJobStore({ ...table, client, tombstoneDays: 30, log: () => undefined });
    await expect(get()).rejects.toMatchObject({ name: 'AnswerTooLargeError' });
    endless.closeAllConnections();
    endless.close();
    expect(calls).toBe(1);
  });

  it('reads a document again, consistently, if its parts are missing, and then raises UNAVAILABLE', async () => {
    await put(incompressible(900_000, 3));
    proxy.decide = ({ operation }) => (operation === 'PutItem' ? 'throttle' : 'forward');
    const item = (await table.items()).find((one) => (one['part'] as { S: string }).S.includes('/'))!;
    const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    const Key = { job_id: item['job_id'], part: item['part'] } as never;
    await table.client.send(new DeleteItemCommand({ TableName: table.table, Key }));
    proxy.calls.length = 0;
    await expect(store.get('j1', { consistent: false, deadline })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    const heads = proxy.calls.filter(
      ({ body }) => (body['Key'] as { part: { S: string } }).part.S === 'head',
    );
    expect(heads.map(({ body }) => body['ConsistentRead'])).toEqual([false, true, true, true, true]);
  });

  it('asks the table for one item a Get, by a consistent read only if that is wanted', async () => {
    await put();
    proxy.calls.length = 0;
    await store.get('j1', { consistent: false, deadline });
    await store.get('j1', { consistent: true, deadline });
    expect(proxy.calls.map(({ operation, body }) => [operation, body['ConsistentRead']])).toEqual([
      ['GetItem', false],
      ['GetItem', true],
    ]);
  });

  it('makes one write, and no read, of a snapshot that meets nothing newer', async () => {
    await put();
    await put(snapshotOf({ name: 'newer' }, 2));
    expect(proxy.calls.map(({ operation }) => operation)).toEqual(['PutItem', 'PutItem']);
  });

  it('takes what is in the way of a write from the failed condition, without a read', async () => {
    await put(snapshotOf({ name: 'newer' }, 2));
    proxy.calls.length = 0;
    expect(await put()).toMatchObject({ written: false });
    expect(proxy.calls.map(({ operation }) => operation)).toEqual(['PutItem']);
  });
});
