/** Queue trigger: job events. */
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readSyncConfig } from '../../lib/config/config.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { syncMessages } from '../../lib/feeding/sync-messages.ts';
import { createDynamoDbClient } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createLog, type Log } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { lazySource } from '../../lib/upstream/lazy-source.ts';

const config = readSyncConfig(process.env);
const { jobTable: table, tombstoneDays, logLevel, redactEnvValues, stage, upstream } = config;
const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'sync'));
const client = createDynamoDbClient();
const indexed = upstream !== undefined;

/** Notices wait for their turn to call: what is not read in time comes again. */
const longestWaitMs = 20_000;

const parts = {
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

let coldStart = true;

/** What of the function's time is kept for its answer. */
const answerMs = 500;

export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }, context) => {
  const deadline = new Deadline(context.getRemainingTimeInMillis() - answerMs);
  const messages = Records.map(({ messageId, body, attributes }) => ({
    messageId,
    body,
    redelivered: Number(attributes.ApproximateReceiveCount) > 1,
    sentAt: new Date(Number(attributes.SentTimestamp)),
    traceHeader: attributes.AWSTraceHeader,
  }));
  const logBatch: Log = (level, message, fields, metrics) => {
    log(level, message, { requestId: context.awsRequestId, ...fields }, metrics);
  };
  const batch = { ...parts, log: logBatch, coldStart };
  coldStart = false;
  const failed = await syncMessages(batch, messages, deadline);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
});
