import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { BackfillLedger } from '../store/backfill-ledger.ts';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb } from './call.ts';
import { key } from './head-item.ts';

/** Keeps it in the job table, under a key that no job can have. */
export function createBackfillLedger(options: {
  readonly client: DynamoDb;
  readonly table: string;
}): BackfillLedger {
  const { client, table: TableName } = options;
  const keyOf = (projectId: string) => key(`backfill/${projectId}`, 'ledger');
  return {
    async read(projectId, deadline) {
      const command = new GetItemCommand({ TableName, Key: keyOf(projectId), ConsistentRead: true });
      const { Item } = await callDynamoDb(client, command, deadline);
      if (Item === undefined) return undefined;
      return { pageToken: Item['page_token']!.S!, jobs: Number(Item['jobs']!.N) };
    },
    async write(projectId, { pageToken, jobs }, deadline) {
      const state = { page_token: { S: pageToken }, jobs: { N: String(jobs) } };
      const command = new PutItemCommand({ TableName, Item: { ...keyOf(projectId), ...state } });
      await callDynamoDb(client, command, deadline);
    },
    async clear(projectId, deadline) {
      const command = new DeleteItemCommand({ TableName, Key: keyOf(projectId) });
      await callDynamoDb(client, command, deadline);
    },
  };
}
