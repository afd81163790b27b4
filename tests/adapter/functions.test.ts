/** That each deployed handler has its middlewares: the exported ones, with errors planted to escape. */
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { snapshotEvent } from '../support/events.ts';
import { functionEnvironment, httpEvent, lambdaContext, sqsEvent } from '../support/functions.ts';

type Handler = (event: unknown, context: Context) => Promise<unknown>;
type Line = Readonly<Record<string, unknown>>;

let engine: Engine;
let table: TestTable;
let get: Handler;
let sync: Handler;
let refresh: Handler;
const lines: Line[] = [];
/** How many more lines fail to be written. */
let failingLines = 0;

beforeAll(async () => {
  engine = await startDynalite();
  table = await createTable(engine.endpoint);
  Object.assign(process.env, functionEnvironment(engine.endpoint, table.table), {
    LOG_LEVEL: 'info',
    UPSTREAM_ENDPOINT: '127.0.0.1:9',
    UPSTREAM_IAM_TOKEN: 'token',
    UPSTREAM_PROJECTS: 'p1',
  });
  // The functions take the console as it is when they are loaded.
  console.log = (line: string) => {
    if (failingLines-- > 0) throw new Error('planted');
    lines.push(JSON.parse(line) as Line);
  };
  const load = async (module: Promise<object>) => ((await module) as { handler: Handler }).handler;
  [get, sync, refresh] = await Promise.all([
    load(import('../../functions/aws/get.ts')),
    load(import('../../functions/aws/sync.ts')),
    load(import('../../functions/aws/refresh.ts')),
  ]);
});
afterAll(async () => {
  await table.drop();
  await engine.stop();
});
beforeEach(() => {
  lines.length = 0;
  failingLines = 0;
});

const context = (): Context => ({ ...lambdaContext(), awsRequestId: 'r1' });

/** Without what Lambda says of the time that is left, a deadline cannot be made. */
const timelessContext = { awsRequestId: 'r1' } as Context;

const planted = {
  level: 'error',
  message: 'error escaped',
  requestId: 'r1',
  code: 'INTERNAL',
  Errors: 1,
  Code: 'INTERNAL',
  cause: expect.stringContaining('Error: planted'),
};

describe('the handler of get', () => {
  const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';

  it('answers an error that escapes as INTERNAL with a request id, and writes it to the log', async () => {
    failingLines = 1;
    const answer = await get(httpEvent('GET', '/datasphere/v2/jobs/j1'), context());
    expect(answer).toMatchObject({
      statusCode: 500,
      headers: {
        'x-request-id': 'r1',
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
    const { code, message, details } = JSON.parse((answer as { body: string }).body) as Line;
    expect({ code, message }).toEqual({ code: 13, message: 'internal error' });
    expect(details).toContainEqual({
      '@type': 'type.googleapis.com/google.rpc.RequestInfo',
      requestId: 'r1',
    });
    expect(JSON.stringify(answer)).not.toContain('planted');
    expect(lines).toEqual([expect.objectContaining(planted)]);
  });

  it('answers an error that escapes in the form of the protocol', async () => {
    failingLines = 1;
    const connect = httpEvent('POST', path, { 'content-type': 'application/json' });
    const { body } = (await get({ ...connect, body: '{"jobId":"j1"}' }, context())) as { body: string };
    expect(JSON.parse(body)).toMatchObject({ code: 'internal', message: 'internal error' });
    failingLines = 1;
    const grpcWeb = httpEvent('POST', path, { 'content-type': 'application/grpc-web+proto' });
    const answer = (await get(grpcWeb, context())) as { statusCode: number; body: string };
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'x-request-id': 'r1' } });
    expect(Buffer.from(answer.body, 'base64').toString('latin1')).toContain('grpc-status: 13');
  });

  it('answers what is not an HTTP request with 400, and says which format it takes', async () => {
    const answer = await get({ httpMethod: 'GET', requestContext: { elb: {} } }, context());
    expect(answer).toMatchObject({ statusCode: 400, headers: { 'x-request-id': 'r1' } });
    const { code, message } = JSON.parse((answer as { body: string }).body) as Line;
    expect({ code, message }).toEqual({ code: 3, message: expect.stringContaining('payload format 2.0') });
    expect(lines).toMatchObject([{ message: 'error escaped', code: 'INVALID_ARGUMENT' }]);
  });
});

describe('the handler of sync', () => {
  it('returns exactly the message of a record without a text, and applies its neighbours', async () => {
    const { Records } = sqsEvent(snapshotEvent(1, {}, 'a'), 'b', snapshotEvent(1, {}, 'c'));
    const textless = { ...Records[1], body: undefined };
    expect(await sync({ Records: [Records[0], textless, Records[2]] }, context())).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(lines).toMatchObject([
      {
        message: 'event failed',
        requestId: 'r1',
        messageId: 'm1',
        code: 'INVALID_ARGUMENT',
        reason: 'INVALID_FIELD',
        error: 'body: is missing: it must be the event as text',
        coldStart: true,
      },
      { message: 'batch synced', requestId: 'r1', applied: 2, failed: 1 },
    ]);
  });

  it('fails as a whole for an error that escapes, so that every message comes again', async () => {
    failingLines = 1;
    await expect(sync(sqsEvent(snapshotEvent(2, {}, 'a')), context())).rejects.toThrow('planted');
    expect(lines).toEqual([expect.objectContaining(planted)]);
  });

  it('tells who invokes it without a batch what it takes', async () => {
    await expect(sync({}, context())).rejects.toThrow('the event must be a batch of an SQS queue');
    expect(lines).toMatchObject([{ message: 'error escaped', code: 'INVALID_ARGUMENT' }]);
  });

  it('has its deadline from Lambda', async () => {
    await expect(sync(sqsEvent('a'), timelessContext)).rejects.toThrow('getRemainingTimeInMillis');
  });
});

describe('the handler of refresh', () => {
  it('fails for an error that escapes, which Lambda counts, and writes it to the log', async () => {
    await expect(refresh({}, timelessContext)).rejects.toThrow('getRemainingTimeInMillis');
    expect(lines).toEqual([
      expect.objectContaining({
        ...planted,
        cause: expect.stringContaining('getRemainingTimeInMillis is not a function'),
      }),
    ]);
  });

  it('begins no round in the last seconds of its time', async () => {
    expect(await refresh({}, { ...lambdaContext(3900), awsRequestId: 'r2' })).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it('writes the request id of Lambda in the lines of its rounds', async () => {
    await refresh({}, { ...lambdaContext(8000), awsRequestId: 'r3' });
    expect(new Set(lines.map(({ requestId }) => requestId))).toEqual(new Set(['r3']));
  });
});
