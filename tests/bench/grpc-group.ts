/** Native gRPC: throughput, latency and the server's CPU, for a job that everybody asks for and for jobs that nobody else does. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { functionEnvironment } from '../support/functions.ts';
import { projectRoot } from '../support/local-stack.ts';
import type { Figure } from './figure.ts';
import type { Load, LoadResult } from './grpc/load.ts';
import { typical } from './jobs.ts';
import { turns } from './measure.ts';
import { generateStaticCode } from './peers/protobufjs-static.ts';
import { storedItems } from './stored-items.ts';
import { startStubTable } from './stub-table.ts';

const rounds = 9;
/** Before the first round, so that what is compiled late counts against nobody. */
const warmUpRounds = 2;
const startTimeoutMs = 20_000;
const turnTimeoutMs = 30_000;

/** What is asked for. A cold job is asked for again long after its read was shared. */
const subjects = [
  { subject: 'hot job, typical', calls: 6000, concurrency: 64, jobs: 1 },
  { subject: 'cold jobs, typical', calls: 2500, concurrency: 64, jobs: 2500 },
] as const;

interface Contestant {
  readonly name: string;
  readonly process: ChildProcess;
  readonly port: number;
}

export async function grpcGroup(): Promise<readonly Figure[]> {
  generateStaticCode();
  const stub = await startStubTable();
  const children: ChildProcess[] = [];
  try {
    for (const item of await storedItems('bench', typical.bytes)) await stub.keep('jobs', undefined, item);
    const env = { ...functionEnvironment(stub.endpoint, 'jobs'), LOG_LEVEL: 'warn', GRPC_PORT: '0' };
    const job = { JOB: Buffer.from(typical.bytes).toString('base64') };
    const start = async (name: string, file: string, args: readonly string[], variables: object) => {
      const child = startServer(file, args, { ...process.env, ...variables });
      children.push(child);
      return { name, process: child, port: await portOf(child) };
    };
    const peer = (name: string) => start(name, 'tests/bench/grpc/peer-server.ts', [name], job);
    const contestants: Contestant[] = [
      await start('ours', 'functions/grpc.ts', [], env),
      await start('ours, no read shared', 'functions/grpc.ts', [], { ...env, GRPC_SHARED_READ_MS: '0' }),
      await peer('grpc-js echo'),
      await peer('grpc-js decoding and encoding'),
      await peer('connect-node'),
      await peer('node:http2 by hand'),
    ];
    const callers = fork(join(import.meta.dirname, 'grpc/load.ts'));
    children.push(callers);
    const figures: Figure[] = [];
    for (const { subject, ...load } of subjects)
      figures.push(...(await measureSubject(subject, contestants, callers, load)));
    figures.push(...withH2load(contestants));
    return figures;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    stub.stop();
  }
}

function startServer(file: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const execArgv = ['--import', join(import.meta.dirname, 'grpc/report-usage.js')];
  return fork(join(projectRoot, file), args, { env, execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

/** Every server here says where it listens when it does. */
async function portOf({ stdout }: ChildProcess): Promise<number> {
  for (let text = ''; ;) {
    const signal = AbortSignal.timeout(startTimeoutMs);
    const [chunk] = (await once(stdout!, 'data', { signal })) as [Buffer];
    text += chunk.toString();
    const [, port] = /on 127\.0\.0\.1:(\d+)/.exec(text) ?? [];
    if (port !== undefined) return Number(port);
  }
}

async function ask<T>(child: ChildProcess, question: object): Promise<T> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(turnTimeoutMs) });
  child.send(question);
  return ((await answer) as [T])[0];
}

interface Turn extends LoadResult {
  readonly cpuUs: number;
}

async function measureSubject(
  subject: string,
  contestants: readonly Contestant[],
  callers: ChildProcess,
  load: Omit<Load, 'port'>,
): Promise<readonly Figure[]> {
  const takeTurn = async ({ name, process: server, port }: Contestant): Promise<Turn> => {
    const before = await ask<number>(server, {});
    const { result, error } = await ask<{ result?: LoadResult; error?: string }>(callers, { ...load, port });
    if (result === undefined) throw new Error(`${name}: ${error!}`);
    return { ...result, cpuUs: ((await ask<number>(server, {})) - before) / load.calls };
  };
  const taken = contestants.map((): Turn[] => []);
  for (let round = -warmUpRounds; round < rounds; round++)
    for (const index of turns(contestants.length, round + warmUpRounds)) {
      const turn = await takeTurn(contestants[index]!);
      if (round >= 0) taken[index]!.push(turn);
    }
  const units: readonly [string, (turn: Turn) => number][] = [
    ['calls/s', ({ callsPerSecond }) => callsPerSecond],
    ['µs server CPU', ({ cpuUs }) => cpuUs],
    ['ms p50', ({ p50Ms }) => p50Ms],
    ['ms p99', ({ p99Ms }) => p99Ms],
  ];
  return contestants.flatMap(({ name }, index) =>
    units.map(([unit, of]) => ({
      group: 'grpc',
      subject: `${subject}, ${load.concurrency} calls at a time`,
      contestant: name,
      unit,
      rounds: taken[index]!.map(of),
    })),
  );
}

/** The same hot job from a caller that is not JavaScript, where the machine has it. */
function withH2load(contestants: readonly Contestant[]): readonly Figure[] {
  const request = Buffer.from('000000000e0a0c62656e63682d303030303030', 'hex');
  const call = (port: number): number => {
    const path = `http://127.0.0.1:${port}/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get`;
    const headers = ['content-type: application/grpc+proto', 'te: trailers'].flatMap((header) => [
      '-H',
      header,
    ]);
    const args = ['-n', '6000', '-c', '4', '-m', '16', ...headers, '-d', '/dev/stdin', path];
    const output = execFileSync('h2load', args, { input: request, timeout: turnTimeoutMs }).toString();
    return Number(/, ([\d.]+) req\/s/.exec(output)?.[1]);
  };
  try {
    execFileSync('h2load', ['--version']);
  } catch {
    console.log('\nh2load is not installed: no calls from it');
    return [];
  }
  const taken = contestants.map((): number[] => []);
  for (let round = 0; round < 5; round++)
    for (const index of turns(contestants.length, round)) taken[index]!.push(call(contestants[index]!.port));
  return contestants.map(({ name }, index) => ({
    group: 'grpc',
    subject: 'calls from h2load, hot job, typical',
    contestant: name,
    unit: 'calls/s',
    rounds: taken[index]!,
  }));
}
