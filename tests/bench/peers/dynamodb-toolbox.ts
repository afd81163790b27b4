import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { any, Entity, GetItemCommand, item, PutItemCommand, string, Table } from 'dynamodb-toolbox';
import { jobIdOf, jsonAnswer, type JobJson, type Peer } from './peer.ts';

/** @see https://www.dynamodbtoolbox.com/docs/schemas/usage */
const schema = item({
  id: string().key(),
  name: string().optional(),
  desc: string().optional(),
  createdAt: string().optional(),
  startedAt: string().optional(),
  finishedAt: string().optional(),
  status: string().optional(),
  config: string().optional(),
  createdById: string().optional(),
  projectId: string().optional(),
  dataSizeBytes: string().optional(),
  // Declared field by field, these would cost it more.
  jobParameters: any().optional(),
  outputFiles: any().optional(),
  actualCloudInstanceType: any().optional(),
});

export function dynamoDbToolboxPeer(job: JobJson): Peer {
  const table = new Table({
    name: 'jobs-dynamodb-toolbox',
    partitionKey: { name: 'id', type: 'string' },
    documentClient: DynamoDBDocumentClient.from(new DynamoDBClient({})),
  });
  const jobs = new Entity({ name: 'job', table, schema, timestamps: false });
  const { Item } = jobs.build(PutItemCommand).item(job).params();
  return {
    name: 'dynamodb-toolbox',
    table: table.getName(),
    key: marshall({ id: job.id }),
    item: marshall(Item as JobJson),
    handler: middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(async (event) => {
      const { Item: found } = await jobs
        .build(GetItemCommand)
        .key({ id: jobIdOf(event) })
        .send();
      return jsonAnswer(found);
    }),
  };
}
