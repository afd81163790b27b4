/**
 * Nobody learns from an answer, or from the time it takes, whether there is a job that they may not read.
 *
 * The times are compared by ranks. Which kind of job each sample asks for is drawn at random, so that whatever else the
 * machine does falls on both alike: if there is no difference, the test fails once in a million runs. The controls show
 * that it sees one, and end when they have seen it; the test itself takes all its samples.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { connect, constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { tombstone, type Document } from '../../lib/job/document.ts';
import { patchDocument, snapshotDocument } from '../../lib/job/merge.ts';
import type { HttpHandler } from '../../lib/protocol/http/http-handler.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { jobBytes } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { httpHandler, type HttpOptions } from '../support/protocols.ts';
import { rankTest, untilToldApart, type Samples } from '../support/rank-test.ts';
import { p1Reader, startService, type TestService } from '../support/service.ts';

const rpcPath = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
const headers = { authorization: 'Bearer good', 'x-request-id': 'the-same' };

let service: TestService;
beforeAll(async () => {
  service = await startService(p1Reader);
});
afterAll(() => service.stop());

/** A protobuf request for an id of less than 128 bytes. */
const encodeRequest = (id: string): Buffer =>
  Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id)]);
const log = (): void => undefined;
const framed = (message: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
};

describe('an answer', () => {
  let gateway: Gateway;
  let server: RunningGrpc;
  beforeAll(async () => {
    gateway = await startGateway(service.parts);
    server = await startGrpcService(service.parts);
  });
  afterAll(async () => {
    await server.stop();
    await gateway.stop();
  });

  type Raw = Readonly<Record<string, unknown>>;
  type Ask = (id: string, more: Readonly<Record<string, string>>) => Promise<Raw>;

  const http = async (path: string, init: RequestInit): Promise<Raw> => {
    const response = await fetch(gateway.url + path, init);
    const { date, ...rest } = Object.fromEntries(response.headers);
    expect(date).toBeDefined();
    return {
      status: response.status,
      ...rest,
      body: Buffer.from(await response.arrayBuffer()).toString('hex'),
    };
  };
  const post =
    (contentType: string, encode: (id: string) => string | Buffer): Ask =>
    (id, more) =>
      http(rpcPath, {
        method: 'POST',
        headers: { ...headers, ...more, 'content-type': contentType },
        body: new Uint8Array(Buffer.from(encode(id))),
      });
  /** All that comes over HTTP/2, by hand, as no client would show it. */
  const grpc: Ask = (id, more) =>
    new Promise((resolve, reject) => {
      const session = connect(`http://127.0.0.1:${server.port}`).on('error', reject);
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: rpcPath,
        'content-type': 'application/grpc+proto',
        te: 'trailers',
        ...headers,
        ...more,
      });
      const received: unknown[] = [];
      const keep = (frame: object): void => void received.push({ ...frame, date: undefined });
      stream.on('response', keep).on('trailers', keep);
      stream.on('data', (chunk: Buffer) => received.push(chunk.toString('hex')));
      stream.on('error', reject).on('close', () => {
        session.close();
        resolve({ received });
      });
      stream.end(framed(encodeRequest(id)));
    });

  const protocols: Readonly<Record<string, Ask>> = {
    REST: (id, more) => http(`/datasphere/v2/jobs/${id}`, { headers: { ...headers, ...more } }),
    'REST, HEAD': (id, more) =>
      http(`/datasphere/v2/jobs/${id}`, { method: 'HEAD', headers: { ...headers, ...more } }),
    'Connect in JSON': post('application/json', (id) => JSON.stringify({ jobId: id })),
    'Connect in binary': post('application/proto', encodeRequest),
    'Connect with GET': (id, more) =>
      http(
        `${rpcPath}?connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify({ jobId: id }))}`,
        {
          headers: { ...headers, ...more },
        },
      ),
    'gRPC-Web': post('application/grpc-web+proto', (id) => framed(encodeRequest(id))),
    'gRPC-Web in text': post('application/grpc-web-text', (id) =>
      framed(encodeRequest(id)).toString('base64'),
    ),
    'native gRPC': grpc,
  };
  const hidden: Readonly<Record<string, (id: string) => Document>> = {
    'of another project': (id) => snapshotDocument(jobBytes({ id, projectId: 'p2', status: 4 }), 7n),
    'of no project': (id) => snapshotDocument(jobBytes({ id, projectId: '' }), 7n),
    'of another project, too large for one item': (id) =>
      snapshotDocument(jobBytes({ id, projectId: 'p2', config: randomBytes(600_000).toString('hex') }), 7n),
    deleted: () => tombstone,
    'not visible yet': (id) => patchDocument(jobBytes({ id }), [1, 9], 7n),
  };
  const metadata: readonly Readonly<Record<string, string>>[] = [
    {},
    { 'x-min-revision': '7' },
    { 'x-min-revision': '9' },
    { 'x-consistent-read': 'true' },
    { 'x-field-mask': 'status' },
    { 'if-none-match': '*', 'accept-encoding': 'gzip' },
  ];

  it.each(Object.keys(hidden))(
    'for a job %s is that for one that is not there, byte for byte and read for read',
    async (kind) => {
      const id = `hidden-${randomBytes(4).toString('hex')}`;
      const askAll = async (): Promise<readonly unknown[]> => {
        service.proxy.calls.length = 0;
        const answers: unknown[] = [];
        for (const ask of Object.values(protocols))
          answers.push(...(await Promise.all(metadata.map((more) => ask(id, more)))));
        return [...answers, { reads: service.proxy.calls.map(({ operation }) => operation) }];
      };
      const before = await askAll();
      await service.write(id, hidden[kind]!(id));
      expect(await askAll()).toEqual(before);
    },
  );

  it('is another one for a job that may be read, over each of them', async () => {
    for (const ask of Object.values(protocols)) {
      const id = `shown-${randomBytes(4).toString('hex')}`;
      const before = await ask(id, {});
      await service.write(id, snapshotDocument(jobBytes({ id }), 7n));
      expect(await ask(id, {})).not.toEqual(before);
    }
  });
});

describe('the time of an answer', () => {
  /** How many answers are timed; more of them see smaller differences. */
  const samples = Number(process.env['ORACLE_SAMPLES'] ?? 2000);
  const oneInAMillion = 1e-6;
  const [hiddenId, absentId] = ['time-hidden-job', 'time-absent-job'];

  let engine: Engine;
  let table: TestTable;
  let parts: HttpOptions;

  beforeAll(async () => {
    engine = await startDynalite();
    table = await createTable(engine.endpoint);
    const store = createDynamoDbJobStore({ ...table, tombstoneDays: 30, log });
    const config = randomBytes(16_000).toString('hex');
    await store.put(hiddenId, snapshotDocument(jobBytes({ id: hiddenId, projectId: 'p2', config }), 7n), {
      expect: { unchangedFrom: undefined },
      deadline: new Deadline(10_000),
    });
    parts = { store: createDynamoDbJobReader(table), authenticator: p1Reader, log };
  });
  afterAll(async () => {
    table.client.destroy();
    await engine.stop();
  });

  /** Times answers for a hidden job and an absent one, in random order; `lanes` of them at the same time. */
  const timeAnswers = async (handle: HttpHandler, count: number, lanes: number): Promise<Samples> => {
    const times = { hidden: [] as number[], absent: [] as number[] };
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const kind = randomInt(2) === 0 ? 'hidden' : 'absent';
        const path = `/datasphere/v2/jobs/${kind === 'hidden' ? hiddenId : absentId}`;
        const request = { method: 'GET', path, query: new URLSearchParams(), headers, body: Buffer.alloc(0) };
        const startMs = performance.now();
        const { status } = await handle(request);
        times[kind].push(performance.now() - startMs);
        expect(status).toBe(404);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return times;
  };
  it('does not tell a job of another project from one that is not there', async () => {
    const { hidden, absent } = await timeAnswers(httpHandler(parts), samples, 8);
    expect(rankTest(hidden, absent)).toBeGreaterThan(oneInAMillion);
  }, 300_000);

  it('would tell them apart if NOT_FOUND came as soon as it is known', async () => {
    const handle = httpHandler({ ...parts, notFoundAfterMs: 0 });
    const seen = { most: 600, level: oneInAMillion };
    expect(await untilToldApart((count) => timeAnswers(handle, count, 1), seen)).toBeLessThan(oneInAMillion);
  }, 120_000);

  it('would tell them apart if one of them took two milliseconds more', async () => {
    const handle = httpHandler(parts);
    const slower: HttpHandler = async (request) => {
      const response = await handle(request);
      if (request.path.endsWith(hiddenId)) await new Promise((resolve) => setTimeout(resolve, 2));
      return response;
    };
    const seen = { most: 600, level: oneInAMillion };
    expect(await untilToldApart((count) => timeAnswers(slower, count, 8), seen)).toBeLessThan(oneInAMillion);
  }, 120_000);
});

describe('the test by ranks', () => {
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const sample = (shift: number): readonly number[] => Array.from({ length: 1000 }, () => normal() + shift);

  it('gives a low probability seldom where there is no difference, and always where there is one', () => {
    const same = Array.from({ length: 400 }, () => rankTest(sample(0), sample(0)));
    // 5 % of 400 are 20; 60 would be nine standard deviations away.
    expect(same.filter((probability) => probability < 0.05).length).toBeLessThan(60);
    expect(same.filter((probability) => probability < 0.5).length).toBeGreaterThan(100);
    for (let run = 0; run < 20; run++) expect(rankTest(sample(0), sample(0.5))).toBeLessThan(1e-6);
  });

  it('errs as seldom where it may be asked again and again while samples are taken', async () => {
    const told = async (shift: number): Promise<number> =>
      untilToldApart(
        (count) =>
          Promise.resolve({
            hidden: Array.from({ length: count / 2 }, normal),
            absent: Array.from({ length: count / 2 }, () => normal() + shift),
          }),
        { most: 200, every: 40, level: 0.05 },
      );
    const same = await Promise.all(Array.from({ length: 1000 }, () => told(0)));
    // 5 % of 1000 are 50; 90 would be six standard deviations away, and without the correction it would be about 140.
    expect(same.filter((probability) => probability < 0.05).length).toBeLessThan(90);
    for (let run = 0; run < 20; run++) expect(await told(1)).toBeLessThan(0.05);
  });

  it('is right about a case that can be counted', () => {
    // U is 2, its mean 12.5, its variance 25 * 11 / 12: z = 2.193, and both tails beyond it are 0.0283.
    expect(rankTest([1, 2, 3, 4, 7], [5, 6, 8, 9, 10])).toBeCloseTo(0.0283, 4);
    expect(rankTest([1, 1, 1], [1, 1, 1])).toBe(1);
  });
});
