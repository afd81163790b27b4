/** A handler as the guides have it: middy, Powertools, DocumentClient. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { jobIdOf, jsonAnswer } from '../peers/peer.ts';

const logger = new Logger({ serviceName: 'jobs' });
const metrics = new Metrics({ namespace: 'jobs', serviceName: 'jobs' });
const tracer = new Tracer({ serviceName: 'jobs' });
const client = DynamoDBDocumentClient.from(tracer.captureAWSv3Client(new DynamoDBClient({})));

export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(captureLambdaHandler(tracer))
  .handler(async (event) => {
    const jobId = jobIdOf(event);
    logger.info('get', { jobId });
    metrics.addMetric('gets', 'Count', 1);
    const get = new GetCommand({ TableName: process.env['JOB_TABLE'], Key: { id: jobId } });
    const { Item } = await client.send(get);
    return jsonAnswer(Item);
  });
