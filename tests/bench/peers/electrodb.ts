import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Entity } from 'electrodb';
import { jobIdOf, jsonAnswer, type JobJson, type Peer } from './peer.ts';

/** @see https://electrodb.dev/en/modeling/schema/ */
const schema = {
  model: { entity: 'job', version: '1', service: 'datasphere' },
  attributes: {
    id: { type: 'string', required: true },
    name: { type: 'string' },
    desc: { type: 'string' },
    createdAt: { type: 'string' },
    startedAt: { type: 'string' },
    finishedAt: { type: 'string' },
    status: { type: 'string' },
    config: { type: 'string' },
    createdById: { type: 'string' },
    projectId: { type: 'string' },
    dataSizeBytes: { type: 'string' },
    // Declared field by field, these would cost it more.
    jobParameters: { type: 'any' },
    outputFiles: { type: 'any' },
    actualCloudInstanceType: { type: 'any' },
  },
  indexes: { byId: { pk: { field: 'pk', composite: ['id'] }, sk: { field: 'sk', composite: [] } } },
} as const;

export function electroDbPeer(job: JobJson): Peer {
  const table = 'jobs-electrodb';
  const jobs = new Entity(schema, { client: new DynamoDBClient({}), table });
  const { Key } = jobs.get({ id: job.id }).params<{ Key: object }>();
  const { Item } = jobs.put(job).params<{ Item: object }>();
  return {
    name: 'ElectroDB',
    table,
    key: marshall(Key),
    item: marshall(Item),
    handler: middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(async (event) => {
      const { data } = await jobs.get({ id: jobIdOf(event) }).go();
      return jsonAnswer(data);
    }),
  };
}
