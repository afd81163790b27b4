/** Schedule trigger: polls the running jobs upstream, round after round, until the next run takes over. */
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import { escapedErrors } from '../../lib/adapter/escaped-errors.ts';
import { invocationDeadline } from '../../lib/adapter/invocation-deadline.ts';
import { invocationLog } from '../../lib/adapter/invocation-log.ts';
import { readRefreshConfig } from '../../lib/config/config.ts';
import { refreshRounds } from '../../lib/feeding/refresh-rounds.ts';
import { createDynamoDbClient } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createDynamoDbRefreshLeases } from '../../lib/dynamodb/refresh-leases.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { lazySource } from '../../lib/upstream/lazy-source.ts';

const config = readRefreshConfig(process.env);
const { jobTable: table, tombstoneDays, logLevel, stage, redactEnvValues, projects } = config;
const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'refresh'));
const client = createDynamoDbClient();

/** Rounds wait for the rate limiter of upstream, however many calls wait already. In milliseconds. */
const longestWaitMs = 60_000;

const deps = {
  upstream: lazySource(async () => {
    const { connectUpstream } = await import('../upstream.ts');
    return connectUpstream(config.upstream, { client, table, longestWaitMs, log });
  }),
  store: createDynamoDbJobStore({ client, table, tombstoneDays, indexed: true, log }),
  index: createDynamoDbJobIndex({ client, table }),
  leases: createDynamoDbRefreshLeases({ client, table }),
  redactEnvValues,
  now: () => new Date(),
  random: Math.random,
  sleep: (ms: number) => sleep(ms),
};
const plan = {
  projects,
  intervalMs: config.refreshSeconds * 1000,
  callsPerSecond: config.upstream.callsPerSecond,
};

/** The schedule starts a run each minute. The next run waits a few seconds for the leases of this one. */
const runMs = 60_000;

/** The time that is kept for the end of a run, in milliseconds. */
const endMs = 2000;

export const handler = middy()
  .use(escapedErrors(log))
  .use(invocationLog(log))
  .use(invocationDeadline({ keptMs: endMs, longestMs: runMs }))
  // Lambda may deliver one event twice with one request id, so the owner of leases gets an id of its own.
  .handler<unknown, undefined>(({ log, deadline }) =>
    refreshRounds({ ...deps, log, owner: crypto.randomUUID() }, plan, deadline),
  );
