/** Queue trigger: makes job events durable, and names those that must come again. */
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import type { SQSBatchResponse } from 'aws-lambda';
import { escapedErrors } from '../../lib/adapter/escaped-errors.ts';
import { invocationDeadline } from '../../lib/adapter/invocation-deadline.ts';
import { invocationLog } from '../../lib/adapter/invocation-log.ts';
import { sqs, type SqsEvent } from '../../lib/adapter/sqs.ts';
import { readSyncConfig } from '../../lib/config/config.ts';
import { syncMessages } from '../../lib/feeding/sync-messages.ts';
import { createDynamoDbClient } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { lazySource } from '../../lib/upstream/lazy-source.ts';

const config = readSyncConfig(process.env);
const { jobTable: table, tombstoneDays, logLevel, redactEnvValues, stage, upstream } = config;
const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'sync'));
const client = createDynamoDbClient();
const indexed = upstream !== undefined;

/** The longest that a notice waits for the rate limiter of upstream, in milliseconds. After that it comes again. */
const longestWaitMs = 20_000;

const deps = {
  store: createDynamoDbJobStore({ client, table, tombstoneDays, indexed, log }),
  upstream:
    upstream &&
    lazySource(async () => {
      const { connectUpstream } = await import('../upstream.ts');
      return connectUpstream(upstream, { client, table, longestWaitMs, log });
    }),
  redactEnvValues,
  random: Math.random,
  sleep: (ms: number) => sleep(ms),
};

/** The time that is kept for the answer, in milliseconds. */
const answerMs = 500;

export const handler = middy()
  .use(escapedErrors(log))
  .use(invocationLog(log))
  .use(invocationDeadline({ keptMs: answerMs }))
  .use(sqs())
  .handler<SqsEvent, SQSBatchResponse>(({ messages, log, deadline }) =>
    syncMessages({ ...deps, log }, messages, deadline),
  );
