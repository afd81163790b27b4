/** A handler that knows nothing but the SDK: reads the item, answers with it. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { jobIdOf, jsonAnswer } from '../peers/peer.ts';

const client = new DynamoDBClient({});

export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const key = { id: { S: jobIdOf(event) } };
  const { Item } = await client.send(new GetItemCommand({ TableName: process.env['JOB_TABLE'], Key: key }));
  return jsonAnswer(unmarshall(Item!));
}
