import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { service as healthService } from 'grpc-health-check';
import { makeCertificate } from '../support/certificates.ts';
import type { Verdict } from '../support/dynamodb-proxy.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { encodeJobId, getPath, grpcMessage } from '../support/http2-frames.ts';
import { openRawGrpc, rawGrpcCall } from '../support/raw-grpc.ts';
import { grpcJsClient } from '../support/rpc-clients.ts';
import { jobIds, p1Reader, startService, storedJobs, type TestService } from '../support/service.ts';

const projectRoot = join(import.meta.dirname, '../..');

/** Skipped where the machine has no gRPC for Python; `.ci/run` installs Debian's python3-grpcio where it can. */
const itWithPython = spawnSync('/usr/bin/python3', ['-c', 'import grpc']).status === 0 ? it : it.skip;

let service: TestService;
let server: RunningGrpc;

beforeAll(async () => {
  service = await startService(p1Reader);
  server = await startGrpcService(service.parts);
});
afterAll(async () => {
  await server.stop();
  await service.stop();
});
beforeEach(() => {
  service.proxy.decide = () => 'forward';
});

/** One call in bare HTTP/2 frames, with a good token. */
const rawCall = (body: Buffer, headers: Record<string, string> = {}, callPath = getPath) =>
  rawGrpcCall(server.port, body, { authorization: 'Bearer good', ...headers }, callPath);

describe('the native gRPC server', () => {
  it('hands over the stored bytes, framed and nothing else', async () => {
    const { headers, trailers, body } = await rawCall(grpcMessage(encodeJobId(jobIds.unknownFields)));
    expect(headers).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'x-job-revision': '7',
    });
    expect(body).toEqual(grpcMessage(Buffer.from(storedJobs[jobIds.unknownFields]!)));
    expect(trailers['grpc-status']).toBe('0');
  });

  it('answers errors in Trailers-Only form, with all that belongs to them', async () => {
    const { headers, trailers, body } = await rawCall(grpcMessage(encodeJobId('nope')), {
      'x-request-id': 'r1',
    });
    expect(headers).toMatchObject({
      ':status': 200,
      'grpc-status': '5',
      'grpc-message': 'job%20nope%20was%20not%20found',
      'x-request-id': 'r1',
      'grpc-status-details-bin': expect.any(String) as unknown,
    });
    expect([body.length, Object.keys(trailers)]).toEqual([0, []]);
  });

  it.each([
    ['a message that is no GetProjectJobRequest', grpcMessage(Buffer.from([0x0a, 9, 0x61])), {}, '3'],
    [
      'a frame that says more than it holds',
      grpcMessage(encodeJobId(jobIds.plain), { length: 50 }),
      {},
      '12',
    ],
    ['two messages', Buffer.concat([grpcMessage(encodeJobId('a')), grpcMessage(encodeJobId('b'))]), {}, '12'],
    ['no message', Buffer.alloc(0), {}, '12'],
    ['a message over the limit', grpcMessage(Buffer.alloc(100_000)), {}, '8'],
    ['a frame that says four gigabytes', grpcMessage(Buffer.alloc(10), { length: 0xffffffff }), {}, '8'],
    ['a compressed frame without an encoding', grpcMessage(Buffer.from('x'), { flags: 1 }), {}, '3'],
    [
      'an encoding that nobody has',
      grpcMessage(encodeJobId('a'), { flags: 1 }),
      { 'grpc-encoding': 'zzz' },
      '12',
    ],
    ['a timeout that is none', grpcMessage(encodeJobId('a')), { 'grpc-timeout': 'soon' }, '3'],
    [
      'a timeout of 11,000 years',
      grpcMessage(encodeJobId(jobIds.plain)),
      { 'grpc-timeout': '99999999H' },
      '0',
    ],
    ['a timeout of 41 days', grpcMessage(encodeJobId(jobIds.plain)), { 'grpc-timeout': '1000H' }, '0'],
  ])('survives %s', async (_, body, headers, status) => {
    const answer = await rawCall(body, headers);
    const got = answer.headers['grpc-status'] ?? answer.trailers['grpc-status'];
    expect(got).toBe(status);
    expect((await rawCall(grpcMessage(encodeJobId(jobIds.plain)))).trailers['grpc-status']).toBe('0');
  });

  it('refuses other content types with 415', async () => {
    expect(
      (await rawCall(grpcMessage(encodeJobId('a')), { 'content-type': 'application/json' })).headers[
        ':status'
      ],
    ).toBe(415);
  });

  it('does not have the other methods of the service', async () => {
    const { headers } = await rawCall(grpcMessage(Buffer.alloc(0)), {}, getPath.replace('Get', 'List'));
    expect(headers['grpc-status']).toBe('12');
  });

  it('reads compressed requests', async () => {
    const credentials = grpc.credentials.createInsecure();
    const client = new grpc.Client(`127.0.0.1:${server.port}`, credentials, {
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    });
    const metadata = new grpc.Metadata();
    metadata.set('authorization', 'Bearer good');
    const bytes = await new Promise<Buffer | undefined>((resolve, reject) => {
      client.makeUnaryRequest(
        getPath,
        (b: Buffer) => b,
        (b) => b,
        encodeJobId(jobIds.plain),
        metadata,
        (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        },
      );
    });
    client.close();
    expect(bytes).toEqual(Buffer.from(storedJobs[jobIds.plain]!));
  });

  it('shows nothing of a bug but a fixed message, and logs the cause', async () => {
    const store = { get: () => Promise.reject(new Error('secret detail')) };
    const broken = await startGrpcService({ ...service.parts, store });
    const client = grpcJsClient(`127.0.0.1:${broken.port}`);
    service.logged.length = 0;
    const result = await client.get('x', { metadata: { authorization: 'Bearer good' } });
    client.close?.();
    await broken.stop();
    expect(result).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
    expect(JSON.stringify(result)).not.toContain('secret');
    expect(service.logged.join()).toContain('secret detail');
  });

  it.each([
    ['a read of its own', { 'x-consistent-read': 'true' }],
    ['a shared one', {}],
  ])('ends the call of a caller who has gone: %s', async (_, metadata) => {
    service.proxy.decide = () => 'hang';
    service.logged.length = 0;
    const reads = service.proxy.calls.length;
    const connection = openRawGrpc(server.port);
    const headers = { authorization: 'Bearer good', ...metadata };
    const call = connection.call(grpcMessage(encodeJobId('never-read-before')), headers);
    for (const end = Date.now() + 5000; service.proxy.calls.length === reads && Date.now() < end;)
      await sleep(10);
    connection.close();
    await call;
    for (const end = Date.now() + 5000; service.logged.length === 0 && Date.now() < end;) await sleep(10);
    expect(service.logged.join()).toContain('CANCELLED');
  });

  it('answers health checks', async () => {
    const Health = grpc.makeGenericClientConstructor(healthService, 'Health');
    const client = new Health(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
    const check = (name: string) =>
      new Promise((resolve) => {
        (
          client['check'] as unknown as (
            request: object,
            done: (error: Error | null, answer: unknown) => void,
          ) => void
        ).call(client, { service: name }, (error, answer) => {
          resolve(error ?? answer);
        });
      });
    expect(await check('')).toMatchObject({ status: 'SERVING' });
    expect(await check('yandex.cloud.datasphere.v2.jobs.ProjectJobService')).toMatchObject({
      status: 'SERVING',
    });
    expect(await check('nope')).toMatchObject({ code: 5 });
    client.close();
  });

  it('tells buf curl, by reflection, all that it needs for a call', async () => {
    const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
    const curl = (id: string) => {
      const url = `http://127.0.0.1:${server.port}${getPath}`;
      const flags = [
        'curl',
        '--protocol',
        'grpc',
        '--http2-prior-knowledge',
        '-H',
        'authorization: Bearer good',
      ];
      return promisify(execFile)(
        process.execPath,
        [buf, ...flags, '-d', JSON.stringify({ jobId: id }), url],
        { timeout: 20_000 },
      );
    };
    expect(JSON.parse((await curl(jobIds.plain)).stdout)).toMatchObject({
      id: jobIds.plain,
      status: 'EXECUTING',
    });
    await expect(curl('nope')).rejects.toMatchObject({ code: 8 * 5 });
  });

  itWithPython('serves a Python client, with the code and the details of its errors', async () => {
    const python = join(import.meta.dirname, '../support/python_client.py');
    const run = (id: string) =>
      promisify(execFile)('/usr/bin/python3', [python, `127.0.0.1:${server.port}`, id], { timeout: 20_000 });
    expect(JSON.parse((await run(jobIds.plain)).stdout)).toEqual({
      job: Buffer.from(storedJobs[jobIds.plain]!).toString('hex'),
      revision: '7',
    });
    const failure = JSON.parse((await run('nope')).stdout) as Record<string, string>;
    expect(failure).toMatchObject({ code: 'NOT_FOUND', message: 'job nope was not found' });
    expect(Buffer.from(failure['details']!, 'hex').toString('latin1')).toContain('google.rpc.RequestInfo');
  });
});

describe('functions/grpc', () => {
  const script = join(projectRoot, 'functions/grpc.ts');
  const base = {
    JOB_TABLE: 'jobs',
    AUTH_MODE: 'none',
    GRPC_PORT: '0',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  };
  const jwt = {
    AUTH_MODE: 'jwt',
    JWT_ISSUER: 'https://issuer.example.org',
    JWT_AUDIENCE: 'jobs',
    JWT_JWKS_URI: 'https://issuer.example.org/keys',
  };

  it.each([
    [{ AUTH_MODE: '' }, 'AUTH_MODE is not set'],
    [{ AUTH_MODE: 'iam' }, 'AUTH_MODE is "iam", which API Gateway checks'],
    [
      { GRPC_TLS_CERT: '/no/such.pem', GRPC_TLS_KEY: '/no/such.pem' },
      "no such file or directory, open '/no/such.pem'",
    ],
    [{ GRPC_HOST: '203.0.113.1' }, 'GRPC_HOST is "203.0.113.1" and AUTH_MODE is "none"'],
    [{ ...jwt, GRPC_HOST: '203.0.113.1', GRPC_PORT: '5' }, 'No address added'],
  ])('does not start with %j, and says why', async (env, message) => {
    const running = promisify(execFile)(process.execPath, [script], {
      env: { ...base, ...env },
      timeout: 15_000,
    });
    await expect(running).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message) as unknown,
    });
  });

  interface RunningScript {
    readonly child: ChildProcess;
    readonly address: string;
    readonly exited: Promise<number | null>;
  }

  const runScript = async (env: Readonly<Record<string, string>> = {}): Promise<RunningScript> => {
    const child = spawn(process.execPath, [script], {
      env: { ...base, AWS_ENDPOINT_URL_DYNAMODB: service.proxy.endpoint, LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      }),
    );
    return { child, address: /127\.0\.0\.1:\d+/.exec(line)![0], exited };
  };

  it('finishes what is in flight when it is told to stop, and takes nothing new', async () => {
    let release: (verdict: Verdict) => void = () => undefined;
    const held = new Promise<Verdict>((resolve) => {
      release = resolve;
    });
    service.proxy.decide = () => held;
    const { child, address, exited } = await runScript({ JOB_TABLE: service.table });
    const [first, second] = [grpcJsClient(address), grpcJsClient(address)];
    service.proxy.calls.length = 0;
    const inFlight = first.get(jobIds.plain);
    while (service.proxy.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await second.get(jobIds.plain, { timeoutMs: 1000 })).toMatchObject({
      code: expect.stringMatching(/UNAVAILABLE|DEADLINE_EXCEEDED/) as unknown,
    });
    expect(child.exitCode).toBeNull();
    release('forward');
    expect(await inFlight).toMatchObject({ job: { id: jobIds.plain } });
    expect(await exited).toBe(0);
    first.close?.();
    second.close?.();
  });

  it('serves TLS with GRPC_TLS_CERT and GRPC_TLS_KEY', async () => {
    const { certFile, keyFile, pem, remove } = await makeCertificate();
    const running = await runScript({
      JOB_TABLE: service.table,
      GRPC_TLS_CERT: certFile,
      GRPC_TLS_KEY: keyFile,
    });
    const client = grpcJsClient(
      running.address.replace('127.0.0.1', 'localhost'),
      grpc.credentials.createSsl(Buffer.from(pem)),
    );
    expect(await client.get(jobIds.plain)).toMatchObject({ job: { id: jobIds.plain } });
    client.close?.();
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(0);
    await remove();
  });
});
