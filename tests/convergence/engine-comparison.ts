/** The simulated table against a real engine, one random operation after another. */
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { createTable, startDynalite } from '../support/dynamodb.ts';
import { toCall } from './simulation/simulated-client.ts';
import { SimulatedTable } from './simulation/simulated-table.ts';
import { World } from './simulation/world.ts';

type Command = GetItemCommand | PutItemCommand | DeleteItemCommand | QueryCommand;

export interface Comparison {
  readonly operations: number;
  /** Writes whose condition did not hold. */
  readonly refused: number;
  /** What the first operation was on which they differ, and their two answers. */
  readonly difference: string | undefined;
}

/** Runs the same operations on both, and compares every answer. */
export async function compareWithDynalite(operations: number, seed: number): Promise<Comparison> {
  const engine = await startDynalite();
  const { client, table } = await createTable(engine.endpoint);
  // dynalite gives no item with a failed condition.
  const simulated = new SimulatedTable({ returnsItemOnFailure: false, lag: () => 0, pageSize: Infinity });
  const world = new World(seed);
  let refused = 0;
  try {
    for (let done = 0; done < operations; done++) {
      const command = randomCommand(world, table);
      const ours = answerOf(() => Promise.resolve(simulated.execute(toCall(command))));
      const theirs = answerOf(() => client.send(command as never));
      const [left, right] = [await ours, await theirs];
      if (left === refusal) refused++;
      if (left !== right) {
        const what = `${command.constructor.name} ${JSON.stringify(command.input)}`;
        return {
          operations: done,
          refused,
          difference: `${what}\n  simulated: ${left}\n  dynalite: ${right}`,
        };
      }
    }
    return { operations, refused, difference: undefined };
  } finally {
    client.destroy();
    await engine.stop();
  }
}

const refusal = 'ConditionalCheckFailedException';

async function answerOf(run: () => Promise<object>): Promise<string> {
  try {
    const answer = (await run()) as Readonly<Record<string, unknown>>;
    const { Item, Items, Attributes, LastEvaluatedKey } = answer;
    return JSON.stringify([Item, Items, Attributes, LastEvaluatedKey].map(sorted));
  } catch (error) {
    return (error as Error).name;
  }
}

/** Attributes in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}

const parts = [
  'head',
  '0000000000001-a/0000',
  '0000000000001-a/0001',
  '0000000000002-b/0000',
  '0000000000003-c/0000',
];

function randomCommand(world: World, TableName: string): Command {
  const key = { job_id: { S: world.pick(['j1', 'j2', 'j3']) }, part: { S: world.pick(parts) } };
  switch (world.integer(0, 5)) {
    case 0:
      return new GetItemCommand({ TableName, Key: key, ConsistentRead: world.chance(0.5) });
    case 1:
      return new GetItemCommand({
        TableName,
        Key: key,
        ConsistentRead: true,
        ProjectionExpression: 'generation',
      });
    case 2:
      return new DeleteItemCommand({ TableName, Key: key });
    case 3:
      return new QueryCommand({
        TableName,
        KeyConditionExpression: 'job_id = :job_id AND part < :before',
        ExpressionAttributeValues: {
          ':job_id': key.job_id,
          ':before': { S: `000000000000${world.integer(0, 4)}` },
        },
        ProjectionExpression: 'part',
      });
    default:
      return new PutItemCommand({
        TableName,
        Item: { ...key, ...randomAttributes(world) },
        ...randomCondition(world),
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
  }
}

function randomAttributes(world: World): Record<string, AttributeValue> {
  if (world.chance(0.2)) return { expires_at: { N: String(world.integer(1, 9)) } };
  return {
    generation: { S: `g${world.integer(1, 4)}` },
    revision: { N: String(world.integer(1, 9)) },
    job: { B: Uint8Array.of(world.integer(0, 255)) },
  };
}

function randomCondition(world: World) {
  switch (world.integer(0, 4)) {
    case 0:
      return { ConditionExpression: 'attribute_not_exists(job_id)' };
    case 1:
      return { ConditionExpression: 'attribute_not_exists(expires_at)' };
    case 2:
      return {
        ConditionExpression: 'generation = :generation',
        ExpressionAttributeValues: { ':generation': { S: `g${world.integer(1, 4)}` } },
      };
    case 3:
      return {
        ConditionExpression: 'attribute_not_exists(job_id) OR revision < :snapshot',
        // As text 10 is below 9.
        ExpressionAttributeValues: { ':snapshot': { N: String(world.integer(1, 12)) } },
      };
    default:
      return {};
  }
}
