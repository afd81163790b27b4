import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { jobIdOf, jsonAnswer, type JobJson, type Peer } from './peer.ts';

/** The job as map attributes under its id; what most would write first. */
export function documentClientPeer(job: JobJson): Peer {
  const table = 'jobs-document-client';
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  return {
    name: 'DocumentClient, JSON.stringify, middy',
    table,
    key: marshall({ id: job.id }),
    item: marshall(job),
    handler: middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(async (event) => {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: { id: jobIdOf(event) } }));
      return jsonAnswer(Item);
    }),
  };
}
