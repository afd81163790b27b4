/**
 * The callers, in a process of their own: told of a server, they make so many calls, and say how long these took. On
 * node:http2, since the client of grpc-js spends more on a call than its server.
 */
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { frame, jobId, path, request } from './request.ts';

export interface Load {
  readonly port: number;
  readonly calls: number;
  /** How many jobs are asked for in turn. */
  readonly jobs: number;
  readonly connections: number;
  /** Calls under way at the same time, on all connections together. */
  readonly concurrency: number;
  /** The Job that every call must be answered with, in base64. */
  readonly job: string;
}

export interface Loaded {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const headers = {
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc+proto',
  te: 'trailers',
};

/** Calls of the turns before: the next one goes on with the jobs that have not been asked for yet. */
let asked = 0;

/** One call; its latency in milliseconds. */
function call(session: ClientHttp2Session, body: Buffer, expected: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const stream = session.request(headers);
    const chunks: Buffer[] = [];
    let status: unknown;
    const readStatus = (received: IncomingHttpHeaders): void => {
      status ??= received['grpc-status'];
    };
    stream.on('response', readStatus).on('trailers', readStatus).on('error', reject);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('close', () => {
      const answer = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      if (status === '0' && answer.equals(expected)) resolve(performance.now() - startMs);
      else reject(new Error(`answered with status ${String(status)} and ${answer.length} bytes`));
    });
    stream.end(body);
  });
}

async function run({ port, calls, jobs, connections, concurrency, job }: Load): Promise<Loaded> {
  const expected = frame(Buffer.from(job, 'base64'));
  const requests = Array.from({ length: jobs }, (_, index) => request(jobId(index)));
  const sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
  const latencies: number[] = [];
  let made = 0;
  const startMs = performance.now();
  const caller = async (index: number): Promise<void> => {
    const session = sessions[index % connections]!;
    while (made < calls) latencies.push(await call(session, requests[(asked + made++) % jobs]!, expected));
  };
  await Promise.all(Array.from({ length: concurrency }, (_, index) => caller(index)));
  const seconds = (performance.now() - startMs) / 1000;
  for (const session of sessions) session.destroy();
  latencies.sort((a, b) => a - b);
  const percentile = (share: number): number => latencies[Math.floor(share * latencies.length)]!;
  asked += calls;
  return { callsPerSecond: calls / seconds, p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}

process.on('message', (load: Load) => {
  void run(load).then((loaded) => process.send!(loaded));
});
process.once('disconnect', () => process.exit());
