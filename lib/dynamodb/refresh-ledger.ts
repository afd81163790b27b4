import { GetItemCommand, PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Deadline } from '../runtime/deadline.ts';
import type { Condition } from './conditions.ts';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb, isConditionFailure } from './call.ts';
import { key, type Item } from './head-item.ts';
import type { ReadMeter } from '../store/job-store.ts';
import type { RefreshLedger, RefreshState, RefreshStateReader } from '../store/refresh-ledger.ts';

export interface DynamoDbRefreshLedgerOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
  /** The clock. */
  readonly now?: () => Date;
}

/** Beside the jobs, under a key that no job can have: their ids have no slash. */
function ledgerKey(projectId: string): ReturnType<typeof key> {
  return key(`refresh/${projectId}`, 'ledger');
}

/**
 * Keeps one item a project: who has it until when, and when the last rounds began.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
 */
export function createDynamoDbRefreshLedger(
  options: DynamoDbRefreshLedgerOptions,
): RefreshLedger & RefreshStateReader {
  const { client, table, now = () => new Date() } = options;

  const read = async (projectId: string, consistent: boolean, deadline: Deadline, meter?: ReadMeter) => {
    const command = new GetItemCommand({
      TableName: table,
      Key: ledgerKey(projectId),
      ConsistentRead: consistent,
      ReturnConsumedCapacity: meter && 'TOTAL',
    });
    const { Item, ConsumedCapacity } = await callDynamoDb(client, command, deadline);
    if (meter !== undefined) meter.readUnits += ConsumedCapacity?.CapacityUnits ?? 0;
    return Item;
  };

  /** Whether it was written: whether the condition held. */
  const put = async (item: Item, condition: Condition, deadline: Deadline): Promise<boolean> => {
    const command = new PutItemCommand({ TableName: table, Item: item, ...condition });
    try {
      await callDynamoDb(client, command, deadline);
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  };

  return {
    async take(projectId, owner, until, deadline) {
      const item = await read(projectId, true, deadline);
      const othersHaveIt =
        item !== undefined &&
        item['taken_by']?.S !== owner &&
        Number(item['taken_until']?.N) > now().getTime();
      if (othersHaveIt) return 'taken';
      const state = stateOf(item);
      const written = await put(itemOf(projectId, owner, until, state), unchangedFrom(item), deadline);
      return written ? state : 'taken';
    },

    record: (projectId, owner, state, { until, deadline }) =>
      put(
        itemOf(projectId, owner, until, state),
        { ConditionExpression: 'taken_by = :owner', ExpressionAttributeValues: { ':owner': { S: owner } } },
        deadline,
      ),

    async read(projectId, deadline, meter) {
      const item = await read(projectId, false, deadline, meter);
      return item === undefined ? undefined : stateOf(item);
    },
  };
}

/** That nobody took the project since the item was read. */
function unchangedFrom(item: Item | undefined): Condition {
  if (item === undefined) return { ConditionExpression: 'attribute_not_exists(job_id)' };
  return {
    ConditionExpression: 'taken_by = :by AND taken_until = :until',
    ExpressionAttributeValues: { ':by': item['taken_by']!, ':until': item['taken_until']! },
  };
}

function itemOf(projectId: string, owner: string, until: Date, state: RefreshState): Item {
  const { roundAt, recordedAt, previousRoundAt, sweepAt, sweepPages } = state;
  return {
    ...ledgerKey(projectId),
    taken_by: { S: owner },
    taken_until: milliseconds(until),
    ...(roundAt && { round_at: milliseconds(roundAt) }),
    ...(recordedAt && { recorded_at: milliseconds(recordedAt) }),
    ...(previousRoundAt && { previous_round_at: milliseconds(previousRoundAt) }),
    ...(sweepAt && { sweep_at: milliseconds(sweepAt) }),
    sweep_pages: { N: String(sweepPages) },
  };
}

function stateOf(item: Item | undefined): RefreshState {
  return {
    roundAt: dateOf(item?.['round_at']),
    recordedAt: dateOf(item?.['recorded_at']),
    previousRoundAt: dateOf(item?.['previous_round_at']),
    sweepAt: dateOf(item?.['sweep_at']),
    sweepPages: Number(item?.['sweep_pages']?.N ?? 0),
  };
}

function dateOf(value: AttributeValue | undefined): Date | undefined {
  return value?.N === undefined ? undefined : new Date(Number(value.N));
}

function milliseconds(date: Date): { N: string } {
  return { N: String(date.getTime()) };
}
