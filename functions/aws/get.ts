/** HTTP trigger: answers REST, Connect and gRPC-Web. */
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { readHttpConfig } from '../../lib/config/config.ts';
import { awsGateway, lambdaResponseSizeLimit, type GatewayEvent } from '../../lib/adapter/aws-gateway.ts';
import { escapedErrors } from '../../lib/adapter/escaped-errors.ts';
import { withCors } from '../../lib/protocol/http/cors.ts';
import { answerFailure, createHttpHandler } from '../../lib/protocol/http/http-handler.ts';
import { createDynamoDbClient } from '../../lib/dynamodb/client/client.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { composeReading } from '../compose-reading.ts';

const config = readHttpConfig(process.env);
const { corsOrigins, logLevel, stage } = config;
const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'get'));
const { methods, admission, authenticator } = composeReading(config, { client: createDynamoDbClient(), log });

const answer = createHttpHandler({
  methods,
  admission,
  log,
  challenge: authenticator.scheme,
  responseSizeLimit: lambdaResponseSizeLimit,
});
const handle = corsOrigins.length === 0 ? answer : withCors(answer, corsOrigins);

export const handler = middy()
  .use(awsGateway(answerFailure))
  .use(escapedErrors(log))
  .handler<GatewayEvent, APIGatewayProxyStructuredResultV2>(({ request }) => handle(request));
