import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Deadline } from '../runtime/deadline.ts';
import type { RefreshLeases, RefreshState } from '../store/refresh-leases.ts';
import { callDynamoDb, isConditionFailure } from './call.ts';
import type { DynamoDb } from './client/client.ts';
import { nothingThere, type Condition } from './conditions.ts';
import { milliseconds, type Item } from './head-item.ts';
import { decodeState, encodeState, leaseKey } from './refresh-state.ts';

export interface DynamoDbRefreshLeasesOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
  /** The clock. */
  readonly now?: () => Date;
}

/**
 * Keeps one item a project: who holds the lease until when, and what the last rounds did.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
 */
export function createDynamoDbRefreshLeases(options: DynamoDbRefreshLeasesOptions): RefreshLeases {
  const { client, table: TableName, now = () => new Date() } = options;

  /** Whether it was written: whether the condition held. */
  const put = async (item: Item, condition: Condition, deadline: Deadline): Promise<boolean> => {
    try {
      await callDynamoDb(client, new PutItemCommand({ TableName, Item: item, ...condition }), deadline);
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  };

  return {
    async acquire(projectId, holder, until, deadline) {
      const command = new GetItemCommand({ TableName, Key: leaseKey(projectId), ConsistentRead: true });
      const { Item: found = {} } = await callDynamoDb(client, command, deadline);
      const isFree =
        found['taken_until'] === undefined ||
        found['taken_by']?.S === holder ||
        Number(found['taken_until'].N) <= now().getTime();
      if (!isFree) return 'held elsewhere';
      const state = decodeState(found);
      const written = await put(itemOf(projectId, holder, until, state), unchangedFrom(found), deadline);
      return written ? state : 'held elsewhere';
    },

    update: (projectId, holder, state, { until, deadline }) =>
      put(
        itemOf(projectId, holder, until, state),
        {
          ConditionExpression: 'taken_by = :holder',
          ExpressionAttributeValues: { ':holder': { S: holder } },
        },
        deadline,
      ),
  };
}

/** The lease has not been acquired since the item was read: that would have changed its holder or its end. */
function unchangedFrom({ taken_by: by, taken_until: until }: Item): Condition {
  if (by === undefined || until === undefined) return nothingThere;
  return {
    ConditionExpression: 'taken_by = :by AND taken_until = :until',
    ExpressionAttributeValues: { ':by': by, ':until': until },
  };
}

function itemOf(projectId: string, holder: string, until: Date, state: RefreshState): Item {
  return {
    ...leaseKey(projectId),
    taken_by: { S: holder },
    taken_until: milliseconds(until),
    ...encodeState(state),
  };
}
