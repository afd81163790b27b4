/** Cold starts: evaluating a bundle in a fresh process, and its first call, against a table that answers at once. */
import { fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { marshall } from '@aws-sdk/util-dynamodb';
import { build } from 'esbuild';
import { jobToJson } from '../../lib/job/job-type.ts';
import { key } from '../../lib/dynamodb/head-item.ts';
import { functionEnvironment, httpEvent, sqsEvent } from '../support/functions.ts';
import type { Figure } from './figure.ts';
import { typical } from './jobs.ts';
import { turns } from './measure.ts';
import { packageFunctions, type Packaged } from './packaged.ts';
import type { JobJson } from './peers/peer.ts';
import { storedItems } from './stored-items.ts';
import { startStubTable, type StubTable } from './stub-table.ts';

const rounds = 21;
const processTimeoutMs = 20_000;

interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly table: string;
  readonly event: unknown;
  readonly isRight: (answer: { readonly body?: string; readonly batchItemFailures?: unknown[] }) => boolean;
}

interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

interface Start {
  readonly evaluate: Took;
  readonly call: Took;
}

export async function startGroup(): Promise<readonly Figure[]> {
  const packaged = await packageFunctions();
  const stub = await startStubTable();
  try {
    const bundles = await makeBundles(packaged, stub);
    const starts = bundles.map((): Start[] => []);
    for (let round = 0; round < rounds; round++)
      for (const index of turns(bundles.length, round))
        starts[index]!.push(await startOnce(bundles[index]!, stub.endpoint));
    return bundles.flatMap((bundle, index) => figures(bundle, starts[index]!));
  } finally {
    stub.stop();
    await packaged.remove();
  }
}

async function makeBundles(packaged: Packaged, stub: StubTable): Promise<readonly Bundle[]> {
  const job = JSON.parse(jobToJson(typical.bytes)) as JobJson;
  for (const item of await storedItems(job.id, typical.bytes))
    await stub.keep('ours', key(job.id, 'head'), item);
  await stub.keep('theirs', { id: { S: job.id } }, marshall(job));
  const get = {
    event: httpEvent('GET', `/datasphere/v2/jobs/${job.id}`),
    isRight: ({ body }: { readonly body?: string }) => isDeepStrictEqual(JSON.parse(body!), job),
  };
  const sync = {
    event: sqsEvent({ eventId: 'e1', jobId: job.id, revision: '1', snapshot: job }),
    isRight: ({ batchItemFailures }: { readonly batchItemFailures?: unknown[] }) =>
      batchItemFailures?.length === 0,
  };
  const theirs = (name: string, source: string) =>
    bundleAsByDefault(packaged.folder, source).then((file) => ({ name, file, table: 'theirs', ...get }));
  return [
    { name: 'ours, get', file: packaged.get, table: 'ours', ...get },
    { name: 'ours, sync', file: packaged.sync, table: 'ours', ...sync },
    await theirs('SDK-only handler', 'sdk-only'),
    await theirs('middy, Powertools, DocumentClient', 'usual-stack'),
  ];
}

/** With esbuild's own defaults for Node: CommonJS, and of a package `main` before `module`. */
async function bundleAsByDefault(folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`);
  const entry = join(import.meta.dirname, 'start', `${name}.ts`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
  });
  return outfile;
}

async function startOnce({ name, file, table, event, isRight }: Bundle, endpoint: string): Promise<Start> {
  const child = fork(join(import.meta.dirname, 'start/run.js'), [file], {
    env: { ...functionEnvironment(endpoint, table), PATH: process.env['PATH'] },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    timeout: processTimeoutMs,
  });
  return new Promise((resolve, reject) => {
    let start: Start | undefined;
    child.once('error', reject);
    child.once('message', (message: Start & { readonly answer: Parameters<Bundle['isRight']>[0] }) => {
      if (isRight(message.answer)) start = message;
    });
    child.once('exit', (code) => {
      if (start !== undefined) resolve(start);
      else reject(new Error(`${name} did not answer as it must; its process ended with ${String(code)}`));
    });
    child.send(event as object);
  });
}

function figures({ name: contestant, file }: Bundle, starts: readonly Start[]): readonly Figure[] {
  const figure = (unit: string, of: (start: Start) => number): Figure => ({
    group: 'start',
    subject: 'fresh processes',
    contestant,
    unit,
    rounds: starts.map(of),
  });
  return [
    figure('ms both, wall', ({ evaluate, call }) => evaluate.wallMs + call.wallMs),
    figure('ms evaluating, wall', ({ evaluate }) => evaluate.wallMs),
    figure('ms first call, wall', ({ call }) => call.wallMs),
    figure('ms both, CPU', ({ evaluate, call }) => evaluate.cpuMs + call.cpuMs),
    { group: 'start', subject: 'bundles', contestant, unit: 'bytes', rounds: [statSync(file).size] },
  ];
}
