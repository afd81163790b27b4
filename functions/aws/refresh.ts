/** Schedule trigger: looks at running jobs upstream, round after round until the next run takes over. */
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { readRefreshConfig } from '../../lib/config/config.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
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
/** Rounds wait for their turn to call, however many wait already. */
const longestWaitMs = 60_000;

const parts = {
  upstream: lazySource(async () => {
    const { connectUpstream } = await import('../upstream.ts');
    return connectUpstream(config.upstream, { client, table, longestWaitMs, log });
  }),
  store: createDynamoDbJobStore({ client, table, tombstoneDays, indexed: true, log }),
  index: createDynamoDbJobIndex({ client, table }),
  leases: createDynamoDbRefreshLeases({ client, table }),
  redactEnvValues,
  log,
  now: () => new Date(),
  random: Math.random,
  sleep: (ms: number) => sleep(ms),
};
const plan = {
  projects,
  intervalMs: config.refreshSeconds * 1000,
  callsPerSecond: config.upstream.callsPerSecond,
};

/** The schedule starts a run each minute; the next one waits for this one's projects for a few seconds. */
const runMs = 60_000;

/** What of the function's time is kept for its end. */
const endMs = 2000;

export const handler = middy<ScheduledEvent, undefined>().handler(async (_event, context) => {
  const deadline = new Deadline(Math.min(runMs, context.getRemainingTimeInMillis() - endMs));
  // Lambda may deliver one event twice, with one request id.
  await refreshRounds({ ...parts, owner: crypto.randomUUID() }, plan, deadline);
});
