/** Queue trigger: job events. */
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readSyncConfig } from '../lib/config.ts';
import { Deadline } from '../lib/deadline.ts';
import { syncMessages } from '../lib/service/sync-messages.ts';
import { createDynamoDbClient } from '../lib/store/dynamodb-client.ts';
import { createDynamoDbJobStore } from '../lib/store/dynamodb-job-store.ts';
import { createLog } from '../lib/telemetry/log.ts';

const { jobTable, tombstoneDays, logLevel, redactEnvValues } = readSyncConfig(process.env);
const log = createLog(logLevel, console.log);
const store = createDynamoDbJobStore({ client: createDynamoDbClient(), table: jobTable, tombstoneDays, log });
const parts = { store, log, redactEnvValues, random: Math.random, sleep: (ms: number) => sleep(ms) };

/** What of the function's time is kept for its answer. */
const answerMs = 500;

export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }, context) => {
  const deadline = new Deadline(context.getRemainingTimeInMillis() - answerMs);
  const messages = Records.map(({ messageId, body, attributes }) => ({
    messageId,
    body,
    redelivered: Number(attributes.ApproximateReceiveCount) > 1,
  }));
  const failed = await syncMessages(parts, messages, deadline);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
});
