/** Native gRPC: throughput, latency and the server's CPU, for one job that all ask for and for jobs asked for once. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { key } from '../../lib/dynamodb/head-item.ts';
import type { Figure } from './figure.ts';
import { startChild, type Child } from './grpc/child.ts';
import { startContestants, type Contestant } from './grpc/contestants.ts';
import { isH2loadInstalled, runH2load } from './grpc/h2load.ts';
import type { Load, Loaded } from './grpc/load.ts';
import { frame, jobId, request } from './grpc/request.ts';
import { typical } from './jobs.ts';
import { turns } from './measure.ts';
import { generateStaticCode } from './peers/protobufjs-static.ts';
import { storedItems } from './stored-items.ts';
import { startStubTable, type StubTable } from './stub-table.ts';

const table = 'jobs';
const jobsInTable = 2000;
const connections = 4;
const concurrency = 64;
const under = `${concurrency} calls at a time over ${connections} connections`;

const rounds = 9;
/** Of h2load, which measures the hot job only, when everything is warm. */
const h2loadRounds = 5;
/** Of every contestant, before all else: what is compiled late must not count. */
const warmUpCalls = 6000;

/** With the calls of a turn: enough for some collections of garbage, as a turn without one would look too good. */
const hot = { subject: `hot job, typical, ${under}`, calls: 3000, jobs: 1 };
/** A job comes again when all others have been asked for: long after its read was shared. */
const cold = { subject: `cold jobs, typical, ${under}`, calls: 1000, jobs: jobsInTable };

export async function grpcGroup(): Promise<readonly Figure[]> {
  generateStaticCode();
  const stub = await startStubTable();
  const children: Child[] = [];
  const started = (child: Child): void => {
    children.push(child);
  };
  try {
    await keepJobs(stub);
    const job = typical.bytes;
    const contestants = await startContestants({ endpoint: stub.endpoint, table, job, started });
    const callers = startChild('load', join(import.meta.dirname, 'grpc/load.ts'));
    started(callers);
    for (const contestant of contestants) await takeTurn(contestant, callers, { ...hot, calls: warmUpCalls });
    const figures = [
      ...(await measureCalls(contestants, callers, hot)),
      ...(await measureCalls(contestants, callers, cold)),
    ];
    if (await isH2loadInstalled()) figures.push(...(await measureH2load(contestants)));
    else console.log('\ngrpc: h2load is not installed, so that nothing is measured with it');
    return figures;
  } finally {
    for (const child of children) child.kill();
    stub.stop();
  }
}

async function keepJobs(stub: StubTable): Promise<void> {
  for (let index = 0; index < jobsInTable; index++)
    for (const item of await storedItems(jobId(index), typical.bytes))
      await stub.keep(table, key(jobId(index), item['part']!.S!), item);
}

interface Turn extends Loaded {
  readonly cpuUs: number;
}

/** Calls one server; its CPU is that of a call. */
async function takeTurn(
  { port, cpuUs }: Contestant,
  callers: Child,
  { calls, jobs }: Pick<Load, 'calls' | 'jobs'>,
): Promise<Turn> {
  const job = Buffer.from(typical.bytes).toString('base64');
  const before = await cpuUs();
  const load: Load = { port, calls, jobs, connections, concurrency, job };
  const loaded = await callers.ask<Loaded>(load);
  return { ...loaded, cpuUs: ((await cpuUs()) - before) / calls };
}

async function measureCalls(
  contestants: readonly Contestant[],
  callers: Child,
  { subject, ...load }: typeof hot,
): Promise<readonly Figure[]> {
  // The first is dropped.
  const taken = await takeTurns(contestants, 1 + rounds, (contestant) => takeTurn(contestant, callers, load));
  return [...taken].flatMap(([contestant, [, ...values]]) => {
    const figure = (unit: string, of: (turn: Turn) => number): Figure => ({
      group: 'grpc',
      subject,
      contestant,
      unit,
      rounds: values.map(of),
    });
    return [
      figure('calls/s', ({ callsPerSecond }) => callsPerSecond),
      figure('µs server CPU', (turn) => turn.cpuUs),
      figure('ms p50', ({ p50Ms }) => p50Ms),
      figure('ms p99', ({ p99Ms }) => p99Ms),
    ];
  });
}

async function measureH2load(contestants: readonly Contestant[]): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const requestFile = join(folder, 'request');
    await writeFile(requestFile, request(jobId(0)));
    const answerBytes = frame(typical.bytes).length;
    const load = { calls: 1500, connections, concurrency, requestFile, answerBytes };
    const taken = await takeTurns(contestants, h2loadRounds, ({ port }) => runH2load({ ...load, port }));
    const subject = `calls from h2load, hot job, typical, ${under}`;
    return [...taken].map(([contestant, values]) => ({
      group: 'grpc',
      subject,
      contestant,
      unit: 'calls/s',
      rounds: values,
    }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What each contestant's turns came to, by its name. */
async function takeTurns<T>(
  contestants: readonly Contestant[],
  rounds: number,
  turn: (contestant: Contestant) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const taken = new Map(contestants.map(({ name }) => [name, [] as T[]]));
  for (let round = 0; round < rounds; round++)
    for (const index of turns(contestants.length, round)) {
      const contestant = contestants[index]!;
      const came = await turn(contestant).catch((cause: unknown) => {
        throw new Error(`${contestant.name} could not be measured`, { cause });
      });
      taken.get(contestant.name)!.push(came);
    }
  return taken;
}
