import type { DynamoDb } from '../../../lib/dynamodb/client/client.ts';
import type { CallKind, Faults } from './faults.ts';
import { callOver, type NetworkFailure, type Process } from './network.ts';
import { ConditionalCheckFailedException, type SimulatedTable, type TableCall } from './simulated-table.ts';
import type { World } from './world.ts';

/** How often a call is tried, the first time included, as the SDK does. */
const attempts = 2;

/** Names of the SDK's errors. */
const errorNames: Readonly<Record<NetworkFailure, string>> = {
  throttled: 'ProvisionedThroughputExceededException',
  'server error': 'InternalServerError',
  'lost answer': 'TimeoutError',
  aborted: 'AbortError',
};

/** A DynamoDB client over the simulated table and network. */
export function simulatedClient(
  world: World,
  table: SimulatedTable,
  faults: Faults,
  process: Process,
): DynamoDb {
  const send = (command: object, { abortSignal }: { abortSignal: AbortSignal }): Promise<unknown> => {
    const call = toCall(command);
    const writes = call.operation === 'PutItem' || call.operation === 'DeleteItem';
    const answer = callOver({ world, faults }, process, {
      kind: kindOf(call),
      writes,
      attempts,
      signal: abortSignal,
      perform: () => table.execute(call),
      failure: (what) => Object.assign(new Error(what), { name: errorNames[what] }),
      answered: () => {
        if (writes) process.wrotePart = call.input.Item?.['part']?.S?.includes('/') ?? false;
      },
    });
    return answer.catch((error: unknown) => {
      if (error instanceof ConditionalCheckFailedException) faults.fired('lost condition');
      throw error;
    });
  };
  return { send } as DynamoDb;
}

export function toCall(command: object): TableCall {
  const { input } = command as { input: TableCall['input'] };
  return { operation: command.constructor.name.replace('Command', '') as TableCall['operation'], input };
}

function kindOf({ operation, input }: TableCall): CallKind {
  if (operation === 'DeleteItem' || operation === 'Query') return operation;
  const { part } = (operation === 'PutItem' ? input.Item : input.Key) ?? {};
  return `${operation} ${part?.S === 'head' ? 'head' : 'part'}`;
}
