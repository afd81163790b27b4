import { connect, constants } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { createLog, type LogLevel } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { jobBytes } from '../support/documents.ts';
import type { Verdict } from '../support/dynamodb-proxy.ts';
import { startGrpcService } from '../support/grpc-service.ts';
import { encodeJobId, getPath, grpcMessage } from '../support/http2-frames.ts';
import { recordLines, summary, testStage, type Line } from '../support/log-lines.ts';
import { documentedFields, documentedMetrics } from '../support/operations-page.ts';
import type { GrpcOptions } from '../support/protocols.ts';
import { rawGrpcCall } from '../support/raw-grpc.ts';
import { grpcJsClient, type RpcResult } from '../support/rpc-clients.ts';
import { jobIds, p1Reader, startService, type TestService } from '../support/service.ts';

/** Stands in everything that must not be in a line. */
const secret = 'MUST-NOT-BE-LOGGED';

const w3c = '0af7651916cd43dd8448eb211c80319c';
const xray = '1-5759e988-bd862e3fe1be46a994272793';

/** A server that writes its lines, and ways to call it. */
interface Callers {
  readonly port: number;
  readonly get: (id: string, metadata?: Readonly<Record<string, string>>) => Promise<RpcResult>;
  readonly getAll: (count: number) => Promise<void>;
  /** Waits until so many lines are written. */
  readonly written: (count: number) => Promise<void>;
}

interface Options extends Partial<GrpcOptions> {
  readonly level?: LogLevel;
}

describe('the log lines of native gRPC', () => {
  const recorder = recordLines('grpc', () => [secret]);
  let service: TestService;

  beforeAll(async () => {
    service = await startService(p1Reader);
    const job = jobBytes({ id: 'job', name: secret, config: secret });
    await service.write('job', snapshotDocument(job, 5n));
  });
  afterEach(() => {
    service.proxy.decide = () => 'forward';
  });
  afterAll(() => service.stop());

  /** The lines of a server that is started for some calls and stopped after them. */
  const linesOf = (
    run: (callers: Callers) => Promise<unknown>,
    { level = 'info', ...more }: Options = {},
  ): Promise<readonly Line[]> =>
    recorder.linesOf(async () => {
      const log = createLog(level, recorder.write, createEmbedMetrics(testStage, 'grpc'));
      // Each call makes a read of its own, so that they can be counted.
      const { port, stop } = await startGrpcService({ ...service.parts, log, sharedReadMs: 0, ...more });
      const client = grpcJsClient(`127.0.0.1:${port}`);
      const get: Callers['get'] = (id, metadata = {}) =>
        client.get(id, { metadata: { authorization: 'Bearer good', ...metadata } });
      const getAll = async (calls: number): Promise<void> => {
        for (let call = 0; call < calls; call++) expect(await get('job')).toHaveProperty('job');
      };
      const written = async (lines: number): Promise<void> => {
        for (const giveUp = Date.now() + 5000; Date.now() < giveUp && recorder.count() < lines;)
          await new Promise((resolve) => setTimeout(resolve, 10));
      };
      try {
        await run({ port, get, getAll, written });
      } finally {
        client.close?.();
        await stop();
      }
    });
  const valuesOf = (line: Line, metric: string): readonly number[] =>
    line.metrics.find(({ name }) => name === metric)!.values;

  it('are one for many calls that were answered, with the metrics of each', async () => {
    const [line, ...more] = await linesOf(({ getAll }) => getAll(5));
    expect(more).toEqual([]);
    expect(line!.fields).toMatchObject({
      level: 'info',
      message: 'calls answered',
      protocol: 'grpc',
      calls: 5,
      longestMs: expect.any(Number),
    });
    expect(summary(line!)).toEqual({
      'AnswerAge grpc': expect.any(Number),
      'JobFound grpc': 5,
      'StoreLatency grpc': expect.any(Number),
      'ReadUnits grpc': 2.5,
    });
    expect(valuesOf(line!, 'StoreLatency')).toHaveLength(5);
  });

  it('are written a second later, without more calls and without an end', async () => {
    let whileServing = 0;
    await linesOf(async ({ getAll, written }) => {
      await getAll(1);
      await written(1);
      whileServing = recorder.count();
    });
    expect(whileServing).toBe(1);
  });

  it('lose no read where there are more than one line can hold', async () => {
    const lines = await linesOf(({ getAll }) => getAll(230));
    const total = (metric: string) => lines.reduce((sum, line) => sum + summary(line)[metric]!, 0);
    expect([total('JobFound grpc'), total('ReadUnits grpc')]).toEqual([230, 115]);
    for (const line of lines) expect(valuesOf(line, 'ReadUnits').length).toBeLessThanOrEqual(100);
    expect(lines.length).toBeGreaterThan(2);
  });

  it('count a read once that calls share', async () => {
    const [line] = await linesOf(({ getAll }) => getAll(20), { sharedReadMs: 10_000 });
    expect(summary(line!)).toMatchObject({ 'JobFound grpc': 20, 'ReadUnits grpc': 0.5 });
  });

  it('are one for each call as well where they are for debugging, and then without metrics', async () => {
    const metadata = {
      'x-request-id': 'r1',
      traceparent: `00-${w3c}-b7ad6b7169203331-01`,
      'x-amzn-trace-id': `Root=${xray}`,
    };
    const [own, collected, ...more] = await linesOf(({ get }) => get('job', metadata), { level: 'debug' });
    expect(more).toEqual([]);
    expect(own!.fields).toMatchObject({
      level: 'debug',
      message: 'get',
      requestId: 'r1',
      protocol: 'grpc',
      code: 'OK',
      jobId: 'job',
      revision: '5',
      durationMs: expect.any(Number),
      traceId: w3c,
      xrayTraceId: xray,
    });
    expect(own!.metrics).toEqual([]);
    expect(summary(collected!)).toMatchObject({ 'JobFound grpc': 1 });
  });

  it('are none for what went well where only warnings are wanted', async () => {
    expect(await linesOf(({ getAll }) => getAll(2), { level: 'warn' })).toEqual([]);
  });

  it.each(['nowhere', jobIds.otherProject])('tell not found from an error: %s', async (id) => {
    const [line, ...more] = await linesOf(({ get }) => get(id));
    expect(more).toEqual([]);
    expect(line!.fields).toMatchObject({ message: 'get', code: 'NOT_FOUND', jobId: id });
    expect(summary(line!)).toEqual({
      'JobNotFound grpc': 1,
      'StoreLatency grpc': expect.any(Number),
      'ReadUnits grpc': 0.5,
    });
  });

  const request = grpcMessage(encodeJobId('job'));
  const authorization = 'Bearer good';
  const answers = (verdict: Verdict) => () => {
    service.proxy.decide = () => verdict;
  };

  /** Calls, and goes away as soon as the table is asked. */
  const callAndLeave = async (port: number): Promise<void> => {
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': getPath,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization,
    });
    stream.on('error', () => undefined);
    const asked = new Promise<void>((resolve) => {
      service.proxy.decide = () => {
        resolve();
        return 'hang';
      };
    });
    stream.end(request);
    await asked;
    stream.close(constants.NGHTTP2_CANCEL);
    session.close();
  };

  it.each<[string, string, (callers: Callers) => unknown, Options?]>([
    ['a bad id', 'INVALID_ARGUMENT', ({ get }) => get(`${secret}!`)],
    ['a bad header', 'INVALID_ARGUMENT', ({ get }) => get('job', { 'x-min-revision': secret })],
    [
      'a body that is none',
      'INVALID_ARGUMENT',
      ({ port }) => rawGrpcCall(port, grpcMessage(Buffer.from('\n\x09a'))),
    ],
    ['a token that does not verify', 'UNAUTHENTICATED', ({ get }) => get('job', { authorization: secret })],
    ['a revision that has not come', 'UNAVAILABLE', ({ get }) => get('job', { 'x-min-revision': '99' })],
    [
      'a table that turns work away',
      'UNAVAILABLE',
      ({ get }) => {
        answers('throttle')();
        return get('job');
      },
    ],
    [
      'a table that hangs',
      'DEADLINE_EXCEEDED',
      ({ port }) => {
        answers('hang')();
        return rawGrpcCall(port, request, { authorization, 'grpc-timeout': '200m' });
      },
    ],
    ['a caller who goes away', 'CANCELLED', ({ port }) => callAndLeave(port)],
    ['too much metadata', 'RESOURCE_EXHAUSTED', ({ get }) => get('job', { 'x-long': secret.repeat(1000) })],
    [
      'a bug',
      'INTERNAL',
      ({ get }) => get('job'),
      { store: { get: () => Promise.reject(new Error('a cause')) } },
    ],
  ])('count %s as %s', async (_, code, call, options = {}) => {
    const [line, ...more] = await linesOf(async (callers) => {
      await call(callers);
      await callers.written(1);
    }, options);
    expect(more).toEqual([]);
    const level = code === 'INTERNAL' ? 'error' : 'info';
    expect(line!.fields).toMatchObject({ message: 'get', protocol: 'grpc', code, level });
    expect(line!.fields['requestId']).toEqual(expect.any(String));
    expect(summary(line!)).toMatchObject({ 'Errors grpc': 1, [`Errors grpc ${code}`]: 1 });
  });

  it('count what is refused while too much is under way', async () => {
    let release: (verdict: Verdict) => void = () => undefined;
    const held = new Promise<Verdict>((resolve) => {
      release = resolve;
    });
    service.proxy.decide = () => held;
    const [refused, answered, ...more] = await linesOf(
      async ({ get, written }) => {
        const calls = [get('job'), get('job')];
        await written(1);
        release('forward');
        await Promise.all(calls);
      },
      { callLimit: 1 },
    );
    expect(more).toEqual([]);
    expect(refused!.fields).toMatchObject({ message: 'get', protocol: 'grpc', code: 'RESOURCE_EXHAUSTED' });
    expect(summary(refused!)).toEqual({ 'Errors grpc': 1, 'Errors grpc RESOURCE_EXHAUSTED': 1 });
    expect(summary(answered!)).toMatchObject({ 'JobFound grpc': 1 });
  });

  // The last test: of all lines that those before it saw.
  it('have, all together, every field and metric that is documented', () => {
    expect(recorder.metrics()).toEqual(documentedMetrics('grpc'));
    expect(recorder.fields()).toEqual(documentedFields('grpc'));
  });
});
