import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { BackfillProgress } from '../store/backfill-progress.ts';
import { callDynamoDb } from './call.ts';
import type { DynamoDb } from './client/client.ts';
import { key } from './head-item.ts';

/** Keeps one item a project in the job table, under a key that no job can have. Deployed tables have it. */
export function createDynamoDbBackfillProgress(options: {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
}): BackfillProgress {
  const { client, table: TableName } = options;
  const keyOf = (projectId: string) => key(`backfill/${projectId}`, 'ledger');
  return {
    async read(projectId, deadline) {
      const command = new GetItemCommand({ TableName, Key: keyOf(projectId), ConsistentRead: true });
      const { Item } = await callDynamoDb(client, command, deadline);
      return Item && { pageToken: Item['page_token']!.S!, jobs: Number(Item['jobs']!.N) };
    },
    async write(projectId, { pageToken, jobs }, deadline) {
      const state = { page_token: { S: pageToken }, jobs: { N: String(jobs) } };
      const command = new PutItemCommand({ TableName, Item: { ...keyOf(projectId), ...state } });
      await callDynamoDb(client, command, deadline);
    },
    async clear(projectId, deadline) {
      await callDynamoDb(client, new DeleteItemCommand({ TableName, Key: keyOf(projectId) }), deadline);
    },
  };
}
