import type { DynamoDb } from '../../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobStore } from '../../../lib/dynamodb/job-store.ts';
import type { JobStore } from '../../../lib/store/job-store.ts';
import { toCall } from './simulated-client.ts';
import type { SimulatedTable } from './simulated-table.ts';

/** The store over a simulated table that is always reached. @param turn what each call waits for */
export function storeOnTable(
  table: SimulatedTable,
  turn: () => Promise<unknown> = () => Promise.resolve(),
): JobStore {
  const send = async (command: object): Promise<unknown> => {
    await turn();
    return table.execute(toCall(command));
  };
  return createDynamoDbJobStore({
    client: { send } as DynamoDb,
    table: 'jobs',
    tombstoneDays: 30,
    log: () => undefined,
  });
}
