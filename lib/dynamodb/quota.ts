import { UpdateItemCommand, type UpdateItemCommandOutput } from '@aws-sdk/client-dynamodb';
import type { Deadline } from '../runtime/deadline.ts';
import { createQuota, type Quota, type QuotaOptions, type ReservePermit } from '../store/quota.ts';
import { callDynamoDb, isConditionFailure } from './call.ts';
import type { DynamoDb } from './client/client.ts';
import { key } from './head-item.ts';

export interface DynamoDbQuotaOptions extends QuotaOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
}

/** Beside the jobs, under a key that no job can have. Deployed tables have it. */
const quotaKey = key('upstream/slots', 'next');

/**
 * Keeps one item, `next_at`: the moment of the next permit. A permit takes one conditional UpdateItem while others wait, and
 * two after a pause.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.AtomicCounters
 */
export function createDynamoDbQuota({ client, table, ...options }: DynamoDbQuotaOptions): Quota {
  /** What `next_at` is afterwards; undefined if the condition did not hold. */
  const update = async (
    change: string,
    condition: string,
    values: Readonly<Record<string, number>>,
    deadline: Deadline,
  ): Promise<UpdateItemCommandOutput['Attributes']> => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: quotaKey,
      UpdateExpression: change,
      ConditionExpression: condition,
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { N: String(value) }]),
      ),
      ReturnValues: 'UPDATED_NEW',
    });
    try {
      return (await callDynamoDb(client, command, deadline)).Attributes;
    } catch (error) {
      if (isConditionFailure(error)) return undefined;
      throw error;
    }
  };

  const reserve: ReservePermit = async ({ nowUs, spacingUs, latestUs, neverUs }, deadline) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const queued = await update(
        'SET next_at = next_at + :spacing',
        'next_at BETWEEN :now AND :latest',
        { ':spacing': spacingUs, ':now': nowUs, ':latest': latestUs },
        deadline,
      );
      if (queued !== undefined) return Number(queued['next_at']!.N) - spacingUs;
      const first = await update(
        'SET next_at = :next',
        'attribute_not_exists(next_at) OR next_at < :now OR next_at > :never',
        { ':next': nowUs + spacingUs, ':now': nowUs, ':never': neverUs },
        deadline,
      );
      if (first !== undefined) return nowUs;
      // Either the next permit is too late, or another process took the first one after a pause: then there is a next one.
    }
    return undefined;
  };
  return createQuota(reserve, options);
}
