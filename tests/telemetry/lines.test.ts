import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { callLimit } from '../../lib/reading/admission.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { auditEvent } from '../support/audit-events.ts';
import { createTable, startDynalite, type TestTable } from '../support/dynamodb.ts';
import { startProxy, type Proxy } from '../support/dynamodb-proxy.ts';
import { readEmbeddedMetrics } from '../support/embedded-metrics.ts';
import { jobEvent, patchEvent, snapshotEvent } from '../support/events.ts';
import {
  functionEnvironment,
  httpEvent,
  importHandlers,
  sqsEvent,
  type Handlers,
} from '../support/functions.ts';
import { recordLines, summary, testStage, type Line } from '../support/log-lines.ts';
import { documentedFields, documentedMetrics } from '../support/operations-page.ts';
import {
  audience,
  issuerName,
  makeSigningKey,
  signToken,
  startTokenIssuer,
  type SigningKey,
  type TokenIssuer,
} from '../support/token-issuer.ts';

/** Stands in everything that must not be in a line. */
const secret = 'MUST-NOT-BE-LOGGED';

const w3c = '0af7651916cd43dd8448eb211c80319c';
const xray = '1-5759e988-bd862e3fe1be46a994272793';

describe('the log lines', () => {
  const forbidden = (): readonly string[] => [secret, token];
  const [getRecorder, syncRecorder] = [recordLines('get', forbidden), recordLines('sync', forbidden)];
  const stops: (() => unknown)[] = [];
  let proxy: Proxy;
  let table: TestTable;
  let key: SigningKey;
  let issuer: TokenIssuer;
  let functions: Handlers;
  let token: string;

  beforeAll(async () => {
    // The functions take the console as it is when they are loaded.
    console.log = (line: string) => {
      getRecorder.write(line);
      syncRecorder.write(line);
    };
    const engine = await startDynalite();
    proxy = await startProxy(engine.endpoint);
    table = await createTable(engine.endpoint);
    key = await makeSigningKey('k1');
    issuer = await startTokenIssuer(key);
    stops.push(engine.stop, proxy.stop, issuer.stop, () => {
      table.client.destroy();
    });
    token = await signToken({ key, claims: { project_ids: ['*'] } });
    functions = await importHandlers({
      ...functionEnvironment(proxy.endpoint, table.table),
      AUTH_MODE: 'jwt',
      JWT_ISSUER: issuerName,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URI: issuer.jwksUri.href,
      LOG_LEVEL: 'info',
      STAGE: testStage,
    });
  });
  afterEach(() => {
    proxy.decide = () => 'forward';
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const linesOfGet = (event: APIGatewayProxyEventV2) => getRecorder.linesOf(() => functions.get(event));
  const get = (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<readonly Line[]> =>
    linesOfGet(httpEvent(method, path, { authorization: `Bearer ${token}`, ...headers }));
  const getJob = (id: string, headers?: Record<string, string>) => get(`/datasphere/v2/jobs/${id}`, headers);
  const sync = (...events: readonly unknown[]) =>
    syncRecorder.linesOf(() => functions.sync(sqsEvent(...events)));
  const job = {
    name: secret,
    config: secret,
    jobParameters: {
      cmd: secret,
      env: { vars: { TOKEN: secret }, dockerImageSpec: { username: secret, passwordPlainText: secret } },
    },
  };

  it('say once that an instance is new', async () => {
    const [first] = await sync(snapshotEvent(5, job, 'j1'));
    expect(first!.fields).toMatchObject({ message: 'batch synced', coldStart: true });
    expect(summary(first!)).toMatchObject({ 'ColdStart sync': 1, 'EventsApplied sync': 1 });
    const [cold] = await getJob('j1');
    expect(summary(cold!)).toMatchObject({ 'ColdStart get': 1 });
    const [warm] = await getJob('j1');
    expect(warm!.fields).not.toHaveProperty('coldStart');
    expect(summary(warm!)).not.toHaveProperty('ColdStart get');
  });

  it('count a job that was found, what it cost, and which trace it belongs to', async () => {
    const headers = {
      'x-request-id': 'r1',
      traceparent: `00-${w3c}-b7ad6b7169203331-01`,
      'x-amzn-trace-id': `Self=1;Root=${xray};Sampled=1`,
    };
    const [line, ...more] = await getJob('j1', headers);
    expect(more).toEqual([]);
    expect(line!.fields).toMatchObject({
      level: 'info',
      message: 'get',
      requestId: 'r1',
      method: 'GET',
      status: 200,
      code: 'OK',
      jobId: 'j1',
      revision: '5',
      traceId: w3c,
      xrayTraceId: xray,
    });
    expect(summary(line!)).toEqual({
      'AnswerAge get': expect.any(Number),
      'JobFound get': 1,
      'StoreLatency get': expect.any(Number),
      'ReadUnits get': 0.5,
    });
    const consistent = await getJob('j1', { 'x-consistent-read': 'true' });
    expect(summary(consistent[0]!)).toMatchObject({ 'ReadUnits get': 1 });
  });

  it('leave out a trace that is none', async () => {
    const headers = {
      traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      'x-amzn-trace-id': `Root=${secret}`,
    };
    const [line] = await getJob('j1', headers);
    expect(line!.fields).not.toHaveProperty('traceId');
    expect(line!.fields).not.toHaveProperty('xrayTraceId');
  });

  it('tell not modified and not found from found', async () => {
    const answer = await functions.get(
      httpEvent('GET', '/datasphere/v2/jobs/j1', { authorization: `Bearer ${token}` }),
    );
    const [same] = await getJob('j1', { 'if-none-match': String(answer.headers!['etag']) });
    expect(summary(same!)).toMatchObject({ 'NotModified get': 1 });
    expect(summary(same!)).not.toHaveProperty('JobFound get');
    const [missing] = await getJob('nowhere');
    expect(missing!.fields).toMatchObject({ code: 'NOT_FOUND', jobId: 'nowhere' });
    expect(summary(missing!)).toMatchObject({ 'JobNotFound get': 1, 'ReadUnits get': 0.5 });
    const foreign = await signToken({ key, claims: { project_ids: ['p9'] } });
    const [hidden] = await getJob('j1', { authorization: `Bearer ${foreign}` });
    expect(summary(hidden!)).toMatchObject({ 'JobNotFound get': 1 });
  });

  const connectPath = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
  const rpc = (
    contentType: string,
    body: string,
    more: Record<string, string> = {},
  ): APIGatewayProxyEventV2 => ({
    ...httpEvent('POST', connectPath, {
      'content-type': contentType,
      authorization: `Bearer ${token}`,
      ...more,
    }),
    body,
    isBase64Encoded: false,
  });

  it('are the same over Connect and gRPC-Web', async () => {
    const request = '\0\0\0\0\x04\x0a\x02j1';
    for (const event of [
      rpc('application/json', '{"jobId":"j1"}'),
      rpc('application/grpc-web+proto', request),
    ]) {
      const [line] = await linesOfGet(event);
      expect(line!.fields).toMatchObject({ code: 'OK', jobId: 'j1', revision: '5' });
      expect(summary(line!)).toMatchObject({ 'JobFound get': 1 });
    }
  });

  /** A head that today's version cannot read. */
  const breakHead = async (id: string): Promise<void> => {
    const Item = {
      ...{ job_id: { S: id }, part: { S: 'head' }, generation: { S: 'g' }, revision: { N: '1' } },
      ...{
        snapshot_revision: { N: '1' },
        synced_at: { N: '0' },
        encoding: { S: 'brotli' },
        job: { B: Buffer.from(secret) },
      },
    };
    await table.client.send(new PutItemCommand({ TableName: table.table, Item }));
  };

  it.each<[string, string, () => Promise<readonly Line[]>]>([
    ['a bad id', 'INVALID_ARGUMENT', () => getJob(encodeURIComponent(`${secret}!`))],
    ['a bad header', 'INVALID_ARGUMENT', () => getJob('j1', { 'x-min-revision': secret })],
    ['a bad body', 'INVALID_ARGUMENT', () => linesOfGet(rpc('application/json', secret))],
    ['no token', 'UNAUTHENTICATED', () => getJob('j1', { authorization: '' })],
    [
      'a token that does not verify',
      'UNAUTHENTICATED',
      () => getJob('j1', { authorization: `Bearer ${secret}.a.b` }),
    ],
    [
      'a token that has expired',
      'UNAUTHENTICATED',
      async () => {
        const expired = await signToken({ key, claims: { sub: secret }, expiresIn: -300 });
        return getJob('j1', { authorization: `Bearer ${expired}` });
      },
    ],
    ['another path', 'NOT_FOUND', () => get(`/${secret}`)],
    ['another method', 'UNIMPLEMENTED', () => get('/datasphere/v2/jobs/j1', {}, 'DELETE')],
    ['a revision that has not come', 'UNAVAILABLE', () => getJob('j1', { 'x-min-revision': '99' })],
    [
      'a table that turns work away',
      'UNAVAILABLE',
      () => {
        proxy.decide = () => 'throttle';
        return getJob('j1');
      },
    ],
    [
      'a table that hangs',
      'DEADLINE_EXCEEDED',
      () => {
        proxy.decide = () => 'hang';
        return linesOfGet(rpc('application/json', '{"jobId":"j1"}', { 'connect-timeout-ms': '150' }));
      },
    ],
    [
      'an answer that is too large',
      'RESOURCE_EXHAUSTED',
      async () => {
        const fields = ['name', 'desc', 'config', 'statusDetails', 'createdById'];
        await functions.sync(sqsEvent(snapshotEvent(1, {}, 'huge')));
        for (const [at, field] of fields.entries())
          await functions.sync(
            sqsEvent(patchEvent(at + 2, { [field]: secret.repeat(55_000) }, undefined, 'huge')),
          );
        return getJob('huge');
      },
    ],
    [
      'a bug',
      'INTERNAL',
      async () => {
        await breakHead('broken');
        return getJob('broken');
      },
    ],
  ])('count %s as %s', async (_, code, run) => {
    const [line, ...more] = await run();
    expect(more).toEqual([]);
    expect(line!.fields).toMatchObject({
      message: 'get',
      code,
      level: code === 'INTERNAL' ? 'error' : 'info',
    });
    expect(summary(line!)).toMatchObject({ 'Errors get': 1, [`Errors get ${code}`]: 1 });
  });

  it('count what became of the events of a batch, and how late they are', async () => {
    const occurredAt = new Date(Date.now() - 30_000).toISOString();
    const [line, ...more] = await sync(
      { ...snapshotEvent(7, job, 'j2'), occurredAt },
      { ...snapshotEvent(5, job, 'j1'), occurredAt },
      { ...snapshotEvent(1, { ...job, fieldOfTomorrow: secret }, 'j3') },
      [auditEvent({ name: 'CreateNode', details: { node_id: secret } })],
    );
    expect(more).toEqual([]);
    expect(line!.fields).toMatchObject({
      messages: 4,
      applied: 2,
      unchanged: 1,
      failed: 0,
      skipped: 1,
      unknownFields: 1,
    });
    expect(line!.fields['requestId']).toEqual(expect.any(String));
    const { 'SyncLag sync': lag, ...counts } = summary(line!);
    expect(counts).toEqual({
      'EventsApplied sync': 2,
      'EventsStale sync': 1,
      'EventsSkipped sync': 1,
      'LostRaces sync': 0,
    });
    expect(lag).toBeGreaterThanOrEqual(30);
    expect(lag).toBeLessThan(60);
  });

  it('tell of many failures of a message at once, with the first of them', async () => {
    const details = { job_ids: ['n1', 'n2', 'n3'] };
    const [notices, refused, batch, ...more] = await sync([
      auditEvent({ name: 'DeleteAllJobData', details }),
      auditEvent({ name: 'CancelJob', details: { job_id: `${secret}!` } }),
    ]);
    expect(more).toEqual([]);
    expect(notices!.fields).toMatchObject({ reason: 'UPSTREAM_NOT_CONFIGURED', jobId: 'n1', events: 3 });
    expect(summary(notices!)).toEqual({
      'EventsFailed sync': 3,
      'EventsFailed sync UPSTREAM_NOT_CONFIGURED': 3,
    });
    expect(refused!.fields).toMatchObject({ reason: 'INVALID_FIELD', messageId: 'm0', events: 1 });
    expect(batch!.fields).toMatchObject({ messages: 1, failed: 4 });
  });

  it('count the races that were lost', async () => {
    await sync(snapshotEvent(1, {}, 'raced'));
    const all = await syncRecorder.linesOf(() =>
      Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          functions.sync(sqsEvent(patchEvent(at + 2, { name: secret }, undefined, 'raced'))),
        ),
      ),
    );
    const races = all.map((line) => summary(line)['LostRaces sync']!);
    expect(races.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
  });

  it.each<[string, string, () => Promise<readonly Line[]>]>([
    ['what is not JSON', 'INVALID_FIELD', () => sync(`{${secret}`)],
    [
      'what is no event',
      'INVALID_FIELD',
      () => sync({ jobId: 'j1', revision: secret, snapshot: { name: secret } }),
    ],
    [
      'a snapshot of another job',
      'INVALID_FIELD',
      () => sync(snapshotEvent(9, { id: secret, name: secret }, 'j1')),
    ],
    ['an enum value of tomorrow', 'INVALID_FIELD', () => sync(snapshotEvent(9, { status: secret }, 'j1'))],
    [
      'a notice without an upstream',
      'UPSTREAM_NOT_CONFIGURED',
      () => sync(jobEvent({ jobId: 'j1', revision: 9, changed: {} })),
    ],
    [
      'a table that turns work away',
      'STORE_UNAVAILABLE',
      () => {
        proxy.decide = () => 'throttle';
        return sync(snapshotEvent(9, job, 'j1'));
      },
    ],
    [
      'a table that hangs',
      'DEADLINE_EXCEEDED',
      () => {
        proxy.decide = () => 'hang';
        return syncRecorder.linesOf(() => functions.sync(sqsEvent(snapshotEvent(9, job, 'j1')), 900));
      },
    ],
    [
      'a head that cannot be read',
      'INTERNAL',
      async () => {
        await breakHead('broken');
        return sync(patchEvent(2, { name: secret }, undefined, 'broken'));
      },
    ],
  ])('count %s as failed for %s', async (_, reason, run) => {
    const [failure, batch, ...more] = await run();
    expect(more).toEqual([]);
    const expected = { level: 'error', message: 'event failed', messageId: 'm0', reason };
    expect(failure!.fields).toMatchObject(expected);
    expect(summary(failure!)).toEqual({ 'EventsFailed sync': 1, [`EventsFailed sync ${reason}`]: 1 });
    expect(batch!.fields).toMatchObject({ message: 'batch synced', failed: 1 });
    expect(batch!.fields['requestId']).toBe(failure!.fields['requestId']);
  });

  it('name the trace of an event that failed', async () => {
    const { Records } = sqsEvent('{');
    const traced = {
      Records: Records.map((record) => ({
        ...record,
        attributes: { ...record.attributes, AWSTraceHeader: `Root=${xray}` },
      })),
    };
    const [failure] = await syncRecorder.linesOf(() => functions.sync(traced));
    expect(failure!.fields).toMatchObject({ xrayTraceId: xray });
  });

  it('hold at most as many values as CloudWatch takes, the largest', () => {
    const written: string[] = [];
    const log = createLog('info', (line) => written.push(line), createEmbedMetrics('test', 'sync'));
    log('info', 'batch synced', {}, { values: { SyncLag: Array.from({ length: 150 }, (_, at) => at) } });
    const [lag] = readEmbeddedMetrics(written[0]!, 'DatasphereJobCache');
    expect(lag!.values).toEqual(Array.from({ length: 100 }, (_, at) => 149 - at));
  });

  it('say that parts were left behind, and go on', async () => {
    const large = (revision: number) =>
      snapshotEvent(revision, { config: randomBytes(500_000).toString('base64') }, 'large');
    await functions.sync(sqsEvent(large(1)));
    proxy.decide = ({ operation }) => (operation === 'DeleteItem' ? 'hang' : 'forward');
    const [left, batch, ...more] = await syncRecorder.linesOf(() => functions.sync(sqsEvent(large(2)), 2500));
    expect(more).toEqual([]);
    expect(left!.fields).toMatchObject({ level: 'warn', jobId: 'large', error: expect.any(String) });
    expect(batch!.fields).toMatchObject({ applied: 1, failed: 0 });
  });

  it('say what ended an invocation, and count it by its code', async () => {
    const odd = { body: secret } as unknown as APIGatewayProxyEventV2 & SQSEvent;
    const fields = { message: 'error escaped', code: 'INVALID_ARGUMENT', reason: expect.any(String) };
    const [ofGet, ...more] = await linesOfGet(odd);
    expect(more).toEqual([]);
    expect(ofGet!.fields).toMatchObject(fields);
    expect(summary(ofGet!)).toEqual({ 'Errors get': 1, 'Errors get INVALID_ARGUMENT': 1 });
    const [ofSync] = await syncRecorder.linesOf(() => functions.sync(odd).catch(() => undefined));
    expect(ofSync!.fields).toMatchObject(fields);
    expect(summary(ofSync!)).toEqual({ 'Errors sync': 1, 'Errors sync INVALID_ARGUMENT': 1 });
  });

  it('refuse with its metrics what comes while too much is under way', async () => {
    // Reads end when one more than may be under way was refused.
    proxy.decide = async () => {
      while (getRecorder.count() === 0) await sleep(10);
      return 'forward' as const;
    };
    const event = httpEvent('GET', '/datasphere/v2/jobs/j1', { authorization: `Bearer ${token}` });
    const all = await getRecorder.linesOf(() =>
      Promise.all(Array.from({ length: callLimit + 1 }, () => functions.get(event))),
    );
    const refused = all.filter(({ fields }) => fields['code'] === 'RESOURCE_EXHAUSTED');
    expect(refused.map(summary)).toEqual([{ 'Errors get': 1, 'Errors get RESOURCE_EXHAUSTED': 1 }]);
  });

  // The last test: of all lines that those before it saw.
  it.each([
    ['get', getRecorder],
    ['sync', syncRecorder],
  ])('have, all of %s together, every field and metric that is documented', (name, recorder) => {
    expect(recorder.metrics()).toEqual(documentedMetrics(name));
    expect(recorder.fields()).toEqual(documentedFields(name));
  });
});
