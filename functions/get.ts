/** HTTP trigger: REST JSON, Connect, gRPC-Web. */
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createAuthenticator } from '../lib/auth/create-authenticator.ts';
import { readGetConfig } from '../lib/config.ts';
import { fromApiGateway, lambdaResponseSizeLimit, toApiGateway } from '../lib/protocol/http/api-gateway.ts';
import { createHttpHandler } from '../lib/protocol/http/http-handler.ts';
import { createDynamoDbClient } from '../lib/store/dynamodb-client.ts';
import { createDynamoDbJobReader } from '../lib/store/dynamodb-job-reader.ts';
import { createLog } from '../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../lib/telemetry/metrics.ts';

const { auth, jobTable, logLevel, stage } = readGetConfig(process.env);
const handle = createHttpHandler({
  store: createDynamoDbJobReader({ client: createDynamoDbClient(), table: jobTable }),
  authenticator: createAuthenticator(auth),
  log: createLog(logLevel, console.log, createEmbedMetrics(stage, 'get')),
  responseSizeLimit: lambdaResponseSizeLimit,
});

export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(
  async (event) => toApiGateway(await handle(fromApiGateway(event))),
);
