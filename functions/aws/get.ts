/** HTTP trigger: answers REST, Connect and gRPC-Web. */
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createAuthenticator } from '../../lib/auth/create-authenticator.ts';
import { readHttpConfig } from '../../lib/config/config.ts';
import { awsGateway, lambdaResponseSizeLimit, type GatewayEvent } from '../../lib/adapter/aws-gateway.ts';
import { escapedErrors } from '../../lib/adapter/escaped-errors.ts';
import { withCors } from '../../lib/protocol/http/cors.ts';
import { answerFailure, createHttpHandler } from '../../lib/protocol/http/http-handler.ts';
import { lazily } from '../../lib/runtime/lazily.ts';
import { createFreshness } from '../../lib/reading/freshness.ts';
import { createReadThrough } from '../../lib/reading/read-through.ts';
import { createDynamoDbClient } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createDynamoDbRefreshStateReader } from '../../lib/dynamodb/refresh-state.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';

const config = readHttpConfig(process.env);
const { auth, corsOrigins, jobTable: table, logLevel, readThrough, refreshSeconds, stage } = config;
const client = createDynamoDbClient();
const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'get'));

const connect = lazily(async () => {
  const { connectReadThrough } = await import('../upstream.ts');
  return connectReadThrough(config, { client, log });
});
// The first Get that misses a job has little time to wait for this.
if (readThrough !== undefined) connect().catch(() => undefined);

const answer = createHttpHandler({
  store: createDynamoDbJobReader({ client, table }),
  authenticator: createAuthenticator(auth),
  log,
  responseSizeLimit: lambdaResponseSizeLimit,
  freshness:
    refreshSeconds === undefined
      ? undefined
      : createFreshness(createDynamoDbRefreshStateReader({ client, table }), { refreshSeconds }),
  readThrough: readThrough && createReadThrough(connect),
});
const handle = corsOrigins.length === 0 ? answer : withCors(answer, corsOrigins);

export const handler = middy()
  .use(awsGateway(answerFailure))
  .use(escapedErrors(log))
  .handler<GatewayEvent, APIGatewayProxyStructuredResultV2>(({ request }) => handle(request));
