/** DynamoDB-speaking engines for tests: dynalite, or whatever DYNAMODB_TEST_ENDPOINT names. */
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { localAws } from '../../infra/local/credentials.ts';

export interface Engine {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

/** Starts dynalite in this process. */
export async function startDynalite(): Promise<Engine> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export interface TestTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Every item. */
  readonly items: () => Promise<readonly Record<string, unknown>[]>;
  readonly drop: () => Promise<void>;
}

export function testClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    ...localAws,
    endpoint,
    maxAttempts: 4,
    requestHandler: { requestTimeout: 3000 },
  });
}

/** Makes a job table as infra/aws/table.yml has it, with the index of deployments that are fed by upstream. */
export async function createTable(
  endpoint: string,
  table = `jobs-${crypto.randomUUID()}`,
): Promise<TestTable> {
  const client = testClient(endpoint);
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'job_id', AttributeType: 'S' },
        { AttributeName: 'part', AttributeType: 'S' },
        { AttributeName: 'project_id', AttributeType: 'S' },
        { AttributeName: 'look_at', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'job_id', KeyType: 'HASH' },
        { AttributeName: 'part', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-project',
          KeySchema: [
            { AttributeName: 'project_id', KeyType: 'HASH' },
            { AttributeName: 'look_at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['digest', 'synced_at'] },
        },
      ],
    }),
  );
  return {
    client,
    table,
    items: async () => {
      const all = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) all.push(...Items);
      return all;
    },
    drop: async () => {
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}
