import { Deadline } from '../../lib/runtime/deadline.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import type { DynamoDb } from '../../lib/dynamodb/client/client.ts';
import type { Item } from '../../lib/dynamodb/head-item.ts';

/** The items that the store writes for a job, its parts included. */
export async function storedItems(jobId: string, job: Uint8Array): Promise<readonly Item[]> {
  const items: Item[] = [];
  const send = ({ input }: { readonly input: { readonly Item?: Item } }): Promise<object> => {
    if (input.Item !== undefined) items.push(input.Item);
    return Promise.resolve({});
  };
  const client = { send } as unknown as DynamoDb;
  const store = createDynamoDbJobStore({ client, table: 'jobs', tombstoneDays: 30, log: () => undefined });
  await store.put(jobId, snapshotDocument(job, 7n), {
    expect: 'nothing-newer',
    deadline: new Deadline(60_000),
  });
  return items;
}
