import { UpdateItemCommand, type UpdateItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';
import type { Quota } from '../store/quota.ts';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb, isConditionFailure } from './call.ts';
import { key } from './head-item.ts';

export interface UpstreamSlotsOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
  /** Calls that all processes together make in a second; may be a fraction. */
  readonly callsPerSecond: number;
  /**
   * How long the queue of waiting calls may be for another one to join it, in milliseconds. Those who can wait give
   * more than those who cannot, and so always get their turn.
   */
  readonly longestWaitMs: number;
  /** The clock. */
  readonly now?: () => Date;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const slotsKey = key('upstream/slots', 'next');

/**
 * Hands out turns with one item, which holds when the next turn is: whoever takes it moves it on by 1 / callsPerSecond.
 * So calls are spaced evenly, and in no stretch of time are there more of them than its length allows, plus one; as far
 * as the clocks of the processes agree.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.AtomicCounters
 */
export function createUpstreamSlots(options: UpstreamSlotsOptions): Quota {
  const { client, table, callsPerSecond, longestWaitMs, now = () => new Date() } = options;
  const { wait = sleepUntilAborted } = options;
  const spacingUs = Math.ceil(1_000_000 / callsPerSecond);
  const nowUs = (): number => now().getTime() * 1000;
  /** Until when it is known that too many wait, so that a flood of calls does not reach the table. */
  let fullUntilUs = 0;

  const update = async (
    change: string,
    condition: string,
    values: Readonly<Record<string, number>>,
    deadline: Deadline,
  ): Promise<UpdateItemCommandOutput['Attributes']> => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: slotsKey,
      UpdateExpression: change,
      ConditionExpression: condition,
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { N: String(value) }]),
      ),
      ReturnValues: 'UPDATED_NEW',
    });
    try {
      const output = await callDynamoDb(client, command, deadline);
      return output.Attributes;
    } catch (error) {
      if (isConditionFailure(error)) return undefined;
      throw error;
    }
  };

  /** The turn at the end of the queue, in microseconds since 1970; undefined where that is too far away. */
  const takeTurn = async (longestUs: number, deadline: Deadline): Promise<number | undefined> => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const atUs = nowUs();
      const next = 'SET next_at = next_at + :spacing';
      const queued = await update(
        next,
        'next_at BETWEEN :now AND :latest',
        { ':spacing': spacingUs, ':now': atUs, ':latest': atUs + longestUs },
        deadline,
      );
      if (queued !== undefined) return Number(queued['next_at']!.N) - spacingUs;
      const idle = await update(
        'SET next_at = :next',
        'attribute_not_exists(next_at) OR next_at < :now OR next_at > :never',
        { ':next': atUs + spacingUs, ':now': atUs, ':never': atUs + neverUs },
        deadline,
      );
      if (idle !== undefined) return atUs;
      // Either the queue is too long, or somebody else took the first turn after a pause: then there is one now.
    }
    return undefined;
  };

  return {
    async take(deadline) {
      for (let turns = 0; turns < turnsLimit; turns++) {
        const longestUs = Math.min(longestWaitMs, deadline.remainingMs()) * 1000;
        const turn = nowUs() < fullUntilUs ? undefined : await takeTurn(longestUs, deadline);
        if (turn === undefined) break;
        const waitMs = (turn - nowUs()) / 1000;
        if (waitMs > 0) await wait(waitMs, deadline.signal).catch(() => undefined);
        deadline.check();
        if (nowUs() - turn <= lateUs) return;
      }
      fullUntilUs = nowUs() + spacingUs;
      throw tooManyWait(spacingUs);
    },
  };
}

/** A turn that is so far away was given by a machine whose clock is wrong, and must not stop all others until then. */
const neverUs = 5 * 60_000_000;

/** Whoever comes so late to his turn, since his process was busy or frozen, would call together with the next ones. */
const lateUs = 100_000;
const turnsLimit = 3;

function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms, undefined, { signal });
}

function tooManyWait(spacingUs: number): Status {
  return new Status(
    'UPSTREAM_QUOTA_USED_UP',
    'upstream is asked as often as is allowed, and more calls wait already',
    {
      details: [{ type: 'RetryInfo', retryDelayMs: Math.max(1000, Math.ceil(spacingUs / 1000)) }],
    },
  );
}
