/** `npm run backfill -- --project ID [--project ID ...]`: stores the jobs that exist upstream already. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectUpstream } from '../../functions/upstream.ts';
import { readSyncConfig, type SyncConfig } from '../../lib/config/config.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { table as jobTable } from '../../lib/config/settings/storing.ts';
import { upstreamCallsPerSecond } from '../../lib/config/settings/upstream.ts';
import { ConfigError } from '../../lib/config/value.ts';
import { backfillProject, type BackfillParts, type BackfillReport } from '../../lib/feeding/backfill.ts';
import { createDynamoDbBackfillProgress } from '../../lib/dynamodb/backfill-progress.ts';
import { createDynamoDbClient } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { localAwsEnvironment } from '../local/credentials.ts';
import { readEnginePorts } from '../local/ports.ts';
import { parseArguments, runCommand, UsageError } from './command-line.ts';
import { startProgress } from './progress.ts';

const usage = `Usage: npm run backfill -- --project ID [--project ID ...] [--stage NAME | --table NAME] [--rate N]

Lists all jobs of the projects upstream, and stores those that are missing in the table or differ. Ctrl-C ends it after
the current page, and the next call continues from there. It may be called again at any time.

  --stage NAME   the table of a deployed stage, with the credentials and the region of the environment
  --table NAME   the table of this name
  --rate N       calls upstream per second, shared with the functions; UPSTREAM_CALLS_PER_SECOND or 5 unless given

Without --stage or --table it fills the table of the local stack (DYNAMODB_PORT, 8000 unless set). The variables
UPSTREAM_… of docs/operations.md set upstream and its tokens, such as UPSTREAM_ENDPOINT and
UPSTREAM_SERVICE_ACCOUNT_KEY.`;

/** The table of the local stack, as serverless.yml names it. */
const localTable = 'jobs';

async function main(): Promise<void> {
  const { projects, environment } = readArguments();
  Object.assign(process.env, environment);
  const config = readConfig();
  if (config.upstream === undefined)
    throw new UsageError('UPSTREAM_ENDPOINT is not set: it must be the host:port of upstream.');
  const { jobTable: table, tombstoneDays, redactEnvValues } = config;
  const client = createDynamoDbClient();
  const log = createLog('warn', (line) => process.stderr.write(`${line}\n`));
  const upstream = await connectUpstream(config.upstream, { client, table, longestWaitMs: 60_000, log });
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const deps = {
      upstream,
      store: createDynamoDbJobStore({ client, table, tombstoneDays, indexed: true, log }),
      index: createDynamoDbJobIndex({ client, table }),
      progress: createDynamoDbBackfillProgress({ client, table }),
      redactEnvValues,
      log,
      now: () => new Date(),
      random: Math.random,
      sleep: (ms: number) => sleep(ms),
    };
    for (const project of projects) {
      const { report, calls } = await backfill(deps, project, stopping.signal);
      console.log(summary(project, report, calls));
      if (report.round.failed > 0) process.exitCode = 1;
      if (!report.complete) {
        process.exitCode = 130;
        break;
      }
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    upstream.close();
    client.destroy();
  }
}

/** @throws {UsageError} naming the variable that is missing or wrong, or the option that replaces it */
function readConfig(): SyncConfig {
  try {
    return readSyncConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { rate, table } = readValues();
    const options = [
      ...(rate === undefined ? [] : [[upstreamCallsPerSecond.variable, '--rate'] as const]),
      ...(table === undefined ? [] : [[jobTable.variable, '--table'] as const]),
    ];
    throw new UsageError(options.reduce((text, [name, option]) => text.replace(name, option), error.message));
  }
}

async function backfill(
  deps: Omit<BackfillParts, 'onPage'>,
  project: string,
  stopping: AbortSignal,
): Promise<{ readonly report: BackfillReport; readonly calls: number }> {
  let calls = 0;
  const upstream: JobSource = {
    ...deps.upstream,
    list: (...request) => {
      calls++;
      return deps.upstream.list(...request);
    },
  };
  const from = (await deps.progress.read(project, new Deadline(10_000)))?.pageToken ?? '';
  const progress = startProgress('jobs');
  const counting = new AbortController();
  const counted = countJobs(upstream, project, from, AbortSignal.any([stopping, counting.signal])).then(
    progress.expect,
    () => undefined,
  );
  try {
    const onPage = (jobs: number): void => {
      progress.add(jobs);
    };
    const report = await backfillProject({ ...deps, upstream, onPage }, project, stopping);
    return { report, calls };
  } finally {
    counting.abort();
    await counted;
    progress.end();
  }
}

function summary(project: string, { complete, resumedAfter, round }: BackfillReport, calls: number): string {
  const { added, corrected, confirmed, overtaken, failed } = round;
  const counts = [
    `${added} added`,
    `${corrected} corrected`,
    `${confirmed + overtaken} already right`,
    ...(failed > 0 ? [`${failed} failed (see above)`] : []),
    ...(resumedAfter > 0 ? [`${resumedAfter} done by an earlier call`] : []),
  ];
  const end = complete ? '' : '\nStopped. The same command continues from here.';
  return `${project}: ${counts.join(', ')}; ${calls} calls upstream.${end}`;
}

/** The most jobs that upstream gives on one page. */
const countingPageSize = 1000;

/** Counts the jobs that are to be stored. Listing large pages is faster than storing them. */
async function countJobs(
  upstream: JobSource,
  projectId: string,
  from: string,
  stopping: AbortSignal,
): Promise<number> {
  let count = 0;
  let pageToken = from;
  do {
    stopping.throwIfAborted();
    const request = { projectId, pageSize: countingPageSize, pageToken };
    const page = await upstream.list(request, new Deadline(60_000, { cancelled: () => stopping }));
    count += page.jobs.length;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return count;
}

function readArguments(): {
  readonly projects: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} {
  const { project: projects = [], stage, table, rate } = readValues();
  if (projects.length === 0) throw new UsageError('--project is missing.');
  if (stage !== undefined && table !== undefined)
    throw new UsageError('--stage and --table both name a table: give one of them.');
  const isLocal = stage === undefined && table === undefined;
  return {
    projects,
    environment: {
      ...(isLocal && localAwsEnvironment(readEnginePorts(process.env).dynamodb)),
      [jobTable.variable]: table ?? (isLocal ? localTable : `datasphere-job-cache-${stage}-jobs`),
      ...(rate !== undefined && { [upstreamCallsPerSecond.variable]: rate }),
    },
  };
}

function readValues() {
  const { values, positionals } = parseArguments({
    project: { type: 'string', multiple: true },
    stage: { type: 'string' },
    table: { type: 'string' },
    rate: { type: 'string' },
  });
  if (positionals.length > 0)
    throw new UsageError(`${positionals[0]} is not an option: give projects with --project.`);
  return values;
}

await runCommand(usage, main);
