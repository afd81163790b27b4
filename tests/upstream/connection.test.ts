import { createServer as createHttp2Server, constants, type ServerHttp2Stream } from 'node:http2';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { Status } from '../../lib/runtime/status.ts';
import { createJobSource, type JobSourceOptions } from '../../lib/upstream/create-job-source.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { failuresUntilDown, fairAttemptMs } from '../../lib/upstream/limits.ts';
import { givenToken } from '../../lib/iam/given-token.ts';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { jobBytes } from '../support/documents.ts';
import { MovingClock } from './moving-clock.ts';
import { startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const sourceOf = (address: string, options: Partial<JobSourceOptions> = {}): JobSource => {
  const source = createJobSource({
    target: { address, plaintext: true },
    tokens: undefined,
    callsPerSecond: 1000,
    maxConcurrentCalls: 10,
    log: () => undefined,
    ...options,
  });
  cleanups.push(() => {
    source.close();
  });
  return source;
};

const startUpstream = async (credentials?: ServerCredentials): Promise<ScriptedUpstream> => {
  const upstream = await startScriptedUpstream(credentials);
  cleanups.push(upstream.stop);
  return upstream;
};

/** The Status that a call ends with. */
const failureOf = async (call: Promise<unknown>): Promise<Status> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Status) return error;
  throw new Error('no Status', { cause: error });
};

const within = (ms: number, cancelled?: AbortSignal) =>
  new Deadline(ms, cancelled && { cancelled: () => cancelled });

describe('a deadline', () => {
  it('ends a call that upstream does not answer, here and there', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => undefined;
    const failure = await failureOf(sourceOf(upstream.address).get('j1', within(300)));
    expect(failure.code).toBe('DEADLINE_EXCEEDED');
    expect(upstream.calls).toHaveLength(1);
    await aborted(upstream.calls[0]!.cancelled);
  });

  it('of one attempt leaves time for the next one', async () => {
    const upstream = await startUpstream();
    upstream.next.push(undefined, jobBytes());
    const source = sourceOf(upstream.address, { attemptMs: { Get: 200, List: 200 } });
    expect((await source.get('j1', within(20_000))).job).toEqual(Buffer.from(jobBytes()));
  });

  it('that only the attempts reached is UNAVAILABLE: the caller had time left', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => undefined;
    const source = sourceOf(upstream.address, { attemptMs: { Get: 50, List: 50 } });
    const failure = await failureOf(source.get('j1', within(20_000)));
    expect([failure.code, failure.message]).toEqual([
      'UNAVAILABLE',
      'upstream gave no answer on job j1 (DEADLINE_EXCEEDED, 4 attempts)',
    ]);
  });

  it('that has passed already asks nobody', async () => {
    const upstream = await startUpstream();
    expect((await failureOf(sourceOf(upstream.address).get('j1', within(0)))).code).toBe('DEADLINE_EXCEEDED');
    expect(upstream.calls).toHaveLength(0);
  });

  it('is over when the caller goes away, and upstream is told', async () => {
    const upstream = await startUpstream();
    const caller = new AbortController();
    upstream.otherwise = () => {
      setImmediate(() => {
        caller.abort();
      });
      return undefined;
    };
    const source = sourceOf(upstream.address, { attemptMs: { Get: 60_000, List: 60_000 } });
    const failure = await failureOf(source.get('j1', within(60_000, caller.signal)));
    expect(failure.code).toBe('CANCELLED');
    await aborted(upstream.calls[0]!.cancelled);
  });

  it('that is too short to be fair says nothing of upstream', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => undefined;
    const source = sourceOf(upstream.address);
    const hurried = Array.from({ length: failuresUntilDown + 1 }, () =>
      failureOf(source.get('j1', within(100))),
    );
    await Promise.all(hurried);
    upstream.otherwise = () => jobBytes();
    expect((await source.get('j1', within(20_000))).job).toBeDefined();
  });
});

describe('upstream that is down', () => {
  it('is asked no more after some failures, until it is time for a try', async () => {
    const upstream = await startUpstream();
    const clock = new MovingClock('leaping');
    let tokensAsked = 0;
    const tokens = {
      token: () => Promise.resolve(`t1.${++tokensAsked}`),
      invalidate: () => undefined,
    };
    const source = sourceOf(upstream.address, { clock, random: () => 0.5, tokens });
    upstream.otherwise = () => ({ code: 'UNAVAILABLE' });
    const first = await failureOf(source.get('j1', clock.deadline(60_000)));
    expect(first.message).toContain('4 attempts');
    const second = await failureOf(source.get('j1', clock.deadline(60_000)));
    expect(second).toMatchObject({ code: 'UNAVAILABLE', details: [{ type: 'RetryInfo' }] });
    expect(second.message).toContain('upstream is down since 2026-11-24T12:00:0');
    expect(upstream.calls).toHaveLength(failuresUntilDown);
    const askedBefore = tokensAsked;
    await failureOf(source.get('j1', clock.deadline(60_000)));
    expect([upstream.calls.length, tokensAsked]).toEqual([failuresUntilDown, askedBefore]);

    upstream.otherwise = () => jobBytes();
    clock.advance(1000);
    expect((await source.get('j1', clock.deadline(60_000))).job).toBeDefined();
  });

  it('is UNAVAILABLE where nobody listens, and is found when somebody does', async () => {
    const gone = await startScriptedUpstream();
    gone.stop();
    const source = sourceOf(gone.address);
    expect((await failureOf(source.get('j1', within(20_000)))).code).toBe('UNAVAILABLE');

    const upstream = await startScriptedUpstream(undefined, gone.port);
    cleanups.push(upstream.stop);
    upstream.otherwise = () => jobBytes();
    const deadline = within(20_000);
    let job: Uint8Array | undefined;
    while (job === undefined)
      ({ job } = await source.get('j1', deadline).catch(async (error: unknown) => {
        deadline.check();
        expect(error).toMatchObject({ code: 'UNAVAILABLE', details: [{ type: 'RetryInfo' }] });
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { job: undefined };
      }));
    expect(job).toEqual(Buffer.from(jobBytes()));
  });
});

describe('a connection', () => {
  it('that breaks under a call is made again', async () => {
    let streams = 0;
    const server = createHttp2Server();
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => undefined);
      streams++;
      if (streams === 1) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else if (streams === 2) stream.session!.destroy();
      else if (streams === 3) stream.close(constants.NGHTTP2_CANCEL);
      else answerWithJob(stream);
    });
    const address = await listen(server);
    expect((await sourceOf(address).get('j1', within(20_000))).job).toEqual(Buffer.from(jobBytes()));
    expect(streams).toBe(4);
  });

  it('that vanished without a word costs one attempt', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => jobBytes();
    const proxy = await startSilencingProxy(upstream.port);
    const source = sourceOf(proxy.address, { attemptMs: { Get: 300, List: 300 } });
    await source.get('j1', within(20_000));
    proxy.silence();
    expect((await source.get('j1', within(20_000))).job).toEqual(Buffer.from(jobBytes()));
    expect(proxy.connections()).toBe(2);
  });

  it('that vanished without a word is not used again by calls that have time for one attempt only', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => jobBytes();
    const proxy = await startSilencingProxy(upstream.port);
    const source = sourceOf(proxy.address, { attemptMs: { Get: 60_000, List: 60_000 } });
    await source.get('j1', within(20_000));
    proxy.silence();
    const failure = await failureOf(source.get('j1', within(fairAttemptMs + 500)));
    expect(failure.code).toBe('DEADLINE_EXCEEDED');
    expect((await source.get('j1', within(20_000))).job).toEqual(Buffer.from(jobBytes()));
  });

  it('that vanished without a word is replaced also where the caller’s deadline ends the attempt', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => jobBytes();
    const proxy = await startSilencingProxy(upstream.port);
    const source = sourceOf(proxy.address);
    await source.get('j1', within(20_000));
    proxy.silence();
    // As reading through has it: less than an attempt may take, and enough for a fair one. Of the two timers that end
    // it, grpc-js's and the deadline's, either may be the first.
    const clock = { now: () => performance.now(), timeout: (ms: number) => AbortSignal.timeout(ms - 100) };
    await failureOf(source.get('j1', new Deadline(1500, { clock })));
    expect((await source.get('j1', within(3000))).job).toEqual(Buffer.from(jobBytes()));
    expect(proxy.connections()).toBe(2);
  });

  it('is one for many calls', async () => {
    const upstream = await startUpstream();
    upstream.otherwise = () => jobBytes();
    const proxy = await startSilencingProxy(upstream.port);
    const source = sourceOf(proxy.address);
    await Promise.all(Array.from({ length: 50 }, () => source.get('j1', within(20_000))));
    expect(proxy.connections()).toBe(1);
  });
});

describe('TLS', () => {
  let certificate: TestCertificate;
  beforeAll(async () => {
    certificate = await makeCertificate();
  });
  afterAll(() => certificate.remove());

  const secureUpstream = async () => {
    const [cert_chain, private_key] = [readFileSync(certificate.certFile), readFileSync(certificate.keyFile)];
    const upstream = await startUpstream(ServerCredentials.createSsl(null, [{ cert_chain, private_key }]));
    upstream.otherwise = () => jobBytes();
    return { upstream, address: `localhost:${upstream.port}` };
  };

  it('takes the root certificates that it is given, and sends the token', async () => {
    const { upstream, address } = await secureUpstream();
    const source = sourceOf(address, {
      target: { address, rootCertificates: Buffer.from(certificate.pem) },
      tokens: givenToken('t1.good\n'),
    });
    await source.get('j1', within(20_000));
    expect(upstream.calls[0]!.metadata.get('authorization')).toEqual(['Bearer t1.good']);
  });

  it('takes no certificate that nobody vouches for, and then sends nothing', async () => {
    const { upstream, address } = await secureUpstream();
    const source = sourceOf(address, { target: { address }, tokens: givenToken('t1.good') });
    expect((await failureOf(source.get('j1', within(20_000)))).code).toBe('UNAVAILABLE');
    expect(upstream.calls).toHaveLength(0);
  });

  it('is not done without for another machine', () => {
    expect(() => sourceOf('datasphere.api.cloud.yandex.net:443')).toThrow(
      'datasphere.api.cloud.yandex.net:443 is not on this machine, so it needs TLS',
    );
    expect(() => sourceOf('https://localhost')).toThrow(
      'the address of upstream, https://localhost, is no host:port',
    );
  });
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

function answerWithJob(stream: ServerHttp2Stream): void {
  const job = jobBytes();
  const frame = Buffer.from([0, 0, 0, 0, job.length]);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  stream.end(Buffer.concat([frame, job]));
}

async function listen(
  server: ReturnType<typeof createServer> | ReturnType<typeof createHttp2Server>,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Passes bytes on, until the connections that are open then are to say no more. */
async function startSilencingProxy(port: number) {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    const target = connect(port, '127.0.0.1');
    client.pipe(target).pipe(client);
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
      });
    }
  });
  const address = await listen(server);
  cleanups.push(() => {
    for (const socket of open) socket.destroy();
  });
  return {
    address,
    connections: () => connections,
    silence: () => {
      for (const socket of open) {
        socket.unpipe();
        socket.pause();
      }
    },
  };
}
