import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Deadline } from '../deadline.ts';
import type { DynamoDb } from './dynamodb-client.ts';
import { callDynamoDb } from './dynamodb-errors.ts';
import { key } from './head-item.ts';

/** How far a backfill of a project is. */
export interface BackfillState {
  /** Of the next page. */
  readonly pageToken: string;
  /** Jobs on the pages before that. */
  readonly jobs: number;
}

/** Keeps how far backfills are that were not complete. Every call throws a Status, as reading a document does. */
export interface BackfillLedger {
  read(projectId: string, deadline: Deadline): Promise<BackfillState | undefined>;
  write(projectId: string, state: BackfillState, deadline: Deadline): Promise<void>;
  clear(projectId: string, deadline: Deadline): Promise<void>;
}

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
      const { Item } = await callDynamoDb(deadline, (abortSignal) => client.send(command, { abortSignal }));
      if (Item === undefined) return undefined;
      return { pageToken: Item['page_token']!.S!, jobs: Number(Item['jobs']!.N) };
    },
    async write(projectId, { pageToken, jobs }, deadline) {
      const state = { page_token: { S: pageToken }, jobs: { N: String(jobs) } };
      const command = new PutItemCommand({ TableName, Item: { ...keyOf(projectId), ...state } });
      await callDynamoDb(deadline, (abortSignal) => client.send(command, { abortSignal }));
    },
    async clear(projectId, deadline) {
      const command = new DeleteItemCommand({ TableName, Key: keyOf(projectId) });
      await callDynamoDb(deadline, (abortSignal) => client.send(command, { abortSignal }));
    },
  };
}
