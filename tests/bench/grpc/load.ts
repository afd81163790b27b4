/**
 * The callers, in a process of their own: told of a server, they make unary calls over some connections, so many at a
 * time, and say how long each took. Written on node:http2, since grpc-js's client takes longer than its server.
 */
import { connect, type ClientHttp2Session } from 'node:http2';
import { serviceName } from '../../../lib/protocol/get-job-request.ts';

export interface Load {
  readonly port: number;
  readonly calls: number;
  /** Calls at a time. */
  readonly concurrency: number;
  /** How many jobs are asked for in turn. */
  readonly jobs: number;
}

export interface LoadResult {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const connections = 4;
const requestHeaders = {
  ':method': 'POST',
  ':path': `/${serviceName}/Get`,
  'content-type': 'application/grpc+proto',
  te: 'trailers',
};

function requestFor(index: number): Buffer {
  const id = `bench-${String(index).padStart(6, '0')}`;
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 2 + id.length, 0x0a, id.length]), Buffer.from(id)]);
}

function call(session: ClientHttp2Session, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    let status: unknown;
    const stream = session.request(requestHeaders);
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      status ??= headers['grpc-status'];
    };
    stream.on('response', read).on('trailers', read).on('error', reject).resume();
    stream.once('close', () => {
      if (status === '0') resolve(performance.now() - startMs);
      else reject(new Error(`answered with status ${String(status)}`));
    });
    stream.end(request);
  });
}

async function run({ port, calls, concurrency, jobs }: Load): Promise<LoadResult> {
  const sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
  const requests = Array.from({ length: jobs }, (_, index) => requestFor(index));
  const tookMs: number[] = [];
  let started = 0;
  const caller = async (index: number): Promise<void> => {
    while (started < calls)
      tookMs.push(await call(sessions[index % connections]!, requests[started++ % jobs]!));
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, (_, index) => caller(index)));
  const seconds = (performance.now() - startMs) / 1000;
  for (const session of sessions) session.destroy();
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)]!;
  return { callsPerSecond: calls / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

process.on('message', (load: Load) => {
  run(load).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
