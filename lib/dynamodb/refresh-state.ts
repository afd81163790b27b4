/** The item that keeps a project's lease and the state of its rounds. */
import { GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { RefreshState, RefreshStateReader } from '../store/refresh-leases.ts';
import { callDynamoDb } from './call.ts';
import type { DynamoDb } from './client/client.ts';
import { key, milliseconds, type Item } from './head-item.ts';

/** Beside the jobs, under a key that no job can have: their ids have no slash. Deployed tables have it. */
export function leaseKey(projectId: string): ReturnType<typeof key> {
  return key(`refresh/${projectId}`, 'ledger');
}

/**
 * Reads the state without the lease: half a read unit.
 *
 * It is apart from the leases, so that a function that only reads holds no command that writes.
 */
export function createDynamoDbRefreshStateReader(options: {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
}): RefreshStateReader {
  const { client, table } = options;
  return {
    async read(projectId, deadline, meter) {
      const command = new GetItemCommand({
        TableName: table,
        Key: leaseKey(projectId),
        ReturnConsumedCapacity: meter && 'TOTAL',
      });
      const { Item, ConsumedCapacity } = await callDynamoDb(client, command, deadline);
      if (meter !== undefined) meter.readUnits += ConsumedCapacity?.CapacityUnits ?? 0;
      return Item && decodeState(Item);
    },
  };
}

export function encodeState(state: RefreshState): Item {
  const { roundAt, recordedAt, previousRoundAt, sweepAt, sweepPages } = state;
  return {
    ...(roundAt && { round_at: milliseconds(roundAt) }),
    ...(recordedAt && { recorded_at: milliseconds(recordedAt) }),
    ...(previousRoundAt && { previous_round_at: milliseconds(previousRoundAt) }),
    ...(sweepAt && { sweep_at: milliseconds(sweepAt) }),
    sweep_pages: { N: String(sweepPages) },
  };
}

export function decodeState(item: Item): RefreshState {
  return {
    roundAt: dateOf(item['round_at']),
    recordedAt: dateOf(item['recorded_at']),
    previousRoundAt: dateOf(item['previous_round_at']),
    sweepAt: dateOf(item['sweep_at']),
    sweepPages: Number(item['sweep_pages']?.N ?? 0),
  };
}

function dateOf(value: AttributeValue | undefined): Date | undefined {
  return value?.N === undefined ? undefined : new Date(Number(value.N));
}
