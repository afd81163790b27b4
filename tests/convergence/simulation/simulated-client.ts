import type { DynamoDb } from '../../../lib/dynamodb/client/client.ts';
import type { CallKind, Faults } from './faults.ts';
import type { SimulatedTable, TableCall } from './simulated-table.ts';
import type { World } from './world.ts';

/** A process that calls the table, and may die at any moment. */
export interface Process {
  alive: boolean;
  /** Whether the last call that it saw through wrote a part: its head is still to come. */
  wrotePart: boolean;
  /** Called when it dies. */
  died: () => void;
}

/** How often a call is tried, the first time included, as the SDK does. */
const attempts = 2;

/** A DynamoDB client over the simulated table and a network that loses, delays and refuses. */
export function simulatedClient(
  world: World,
  table: SimulatedTable,
  faults: Faults,
  process: Process,
): DynamoDb {
  const send = (command: object, { abortSignal }: { abortSignal: AbortSignal }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      // A dead process hears nothing: its promises stay open for ever.
      const whileAlive = (run: () => void): void => {
        if (process.alive) run();
      };
      abortSignal.addEventListener(
        'abort',
        () => {
          whileAlive(() => {
            reject(named('AbortError'));
          });
        },
        { once: true },
      );
      const call = toCall(command);
      const kind = kindOf(call);
      const attempt = (number: number): void => {
        const retryOr = (name: string): void => {
          whileAlive(() => {
            if (number < attempts)
              world.after(world.integer(1, 50), () => {
                attempt(number + 1);
              });
            else reject(named(name));
          });
        };
        const crash = (): void => {
          if (!process.alive) return;
          faults.fired('crash');
          if (process.wrotePart) faults.fired('crash between parts and head');
          process.alive = false;
          process.died();
        };
        world.after(latency(world), () => {
          if (!process.alive && world.chance(0.5)) return;
          if (abortSignal.aborted) return;
          if (faults.firesAt(kind, 'crash before a call')) {
            crash();
            return;
          }
          if (faults.firesAt(kind, 'throttle')) {
            retryOr('ProvisionedThroughputExceededException');
            return;
          }
          if (faults.firesAt(kind, 'error before the write')) {
            retryOr('InternalServerError');
            return;
          }
          if (faults.firesAt(kind, 'hang')) return;
          const answer = perform(table, call);
          world.after(latency(world), () => {
            if (faults.firesAt(kind, 'crash after a call')) crash();
            whileAlive(() => {
              if (isWrite(call) && faults.firesAt(kind, 'error after the write')) {
                retryOr('TimeoutError');
                return;
              }
              if (isWrite(call)) process.wrotePart = call.input.Item?.['part']?.S?.includes('/') ?? false;
              if ('error' in answer) {
                faults.fired('lost condition');
                reject(answer.error);
              } else resolve(answer.result);
            });
          });
        });
      };
      attempt(1);
    });
  return { send } as DynamoDb;
}

function perform(table: SimulatedTable, call: TableCall): { result: unknown } | { error: Error } {
  try {
    return { result: table.execute(call) };
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
    return { error: error as Error };
  }
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

function isWrite({ operation }: TableCall): boolean {
  return operation === 'PutItem' || operation === 'DeleteItem';
}

function latency(world: World): number {
  return world.chance(0.02) ? world.integer(500, 5000) : world.integer(1, 20);
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
