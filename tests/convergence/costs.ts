/** What events and reads cost, by the engine's own count of consumed capacity. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { parseJobEvent } from '../../lib/events/job-event.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { syncJobs } from '../../lib/feeding/sync-jobs.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { benchJobs } from '../bench/jobs.ts';
import { createTable, startDynalite } from '../support/dynamodb.ts';
import { startProxy } from '../support/dynamodb-proxy.ts';
import { deletedEvent, patchEvent, snapshotEvent } from '../support/events.ts';

export interface Cost {
  readonly what: string;
  /** Read units. */
  readonly reads: number;
  /** Write units of the writes that were made. */
  readonly writes: number;
  /** Writes whose condition did not hold: DynamoDB takes one write unit a kilobyte for these too. */
  readonly refused: number;
  readonly unit: 'a batch' | 'a Get';
}

interface Meter {
  reads: number;
  writes: number;
  refused: number;
}

/** Runs each case on dynalite, with the answers completed as DynamoDB documents them. */
export async function countCosts(): Promise<readonly Cost[]> {
  const engine = await startDynalite();
  const proxy = await startProxy(engine.endpoint);
  const { client, table } = await createTable(proxy.endpoint);
  const meter = metered(client);
  const store = createDynamoDbJobStore({ client, table, tombstoneDays: 30, log: () => undefined });
  const parts = {
    store,
    redactEnvValues: false,
    random: Math.random,
    sleep: () => Promise.resolve(),
  };
  const costs: Cost[] = [];
  const measure = async (what: string, unit: Cost['unit'], run: () => Promise<unknown>): Promise<void> => {
    Object.assign(meter, { reads: 0, writes: 0, refused: 0 });
    await run();
    costs.push({ what, unit, ...meter });
  };
  const sync = (what: string, ...events: readonly object[]): Promise<void> =>
    measure(what, 'a batch', async () => {
      const deliveries = events.map((event) => ({
        event: parseJobEvent(JSON.stringify(event), { redactEnvValues: false }),
        redelivered: false,
      }));
      const outcomes = await syncJobs(parts, deliveries, new Deadline(20_000));
      const failed = outcomes.find((outcome) => typeof outcome !== 'string');
      if (failed !== undefined) throw failed;
    });
  try {
    await sync('a snapshot of a new job', snapshotEvent(1, { name: 'a' }));
    await sync('a newer snapshot', snapshotEvent(5, { name: 'b' }));
    await sync('a stale snapshot', snapshotEvent(3, { name: 'c' }));
    await sync('the same snapshot again', snapshotEvent(5, { name: 'b' }));
    await sync('a patch', patchEvent(6, { name: 'd' }));
    await sync('the same patch again', patchEvent(6, { name: 'd' }));
    await sync('a stale patch', patchEvent(2, { name: 'e' }));
    await sync('a snapshot older than a patch, newer than the snapshot', snapshotEvent(6, { desc: 'f' }));
    const ten = Array.from({ length: 9 }, (_, index) => patchEvent(8 + index, { statusDetails: `${index}` }));
    await sync('ten events of one job, a snapshot among them', snapshotEvent(7, { name: 'g' }), ...ten);
    await sync(
      'ten patches of one job',
      ...ten.map((event) => ({ ...event, revision: String(Number(event['revision']) + 20) })),
      patchEvent(40, { desc: 'h' }),
    );
    await sync('a deletion', deletedEvent(50));
    await sync('the same deletion again', deletedEvent(50));
    const reader = createDynamoDbJobReader({ client, table });
    for (const { name, bytes } of benchJobs) {
      const jobId = `bench-${name}`;
      await store.put(jobId, snapshotDocument(bytes, 1n), {
        expect: 'nothing-newer',
        deadline: new Deadline(20_000),
      });
      const deadline = new Deadline(20_000);
      await measure(`the ${name} job, ${bytes.length} bytes`, 'a Get', () =>
        reader.get(jobId, { consistent: false, deadline }),
      );
    }
    return costs;
  } finally {
    client.destroy();
    await proxy.stop();
    await engine.stop();
  }
}

/** Asks for the consumed capacity of every call, and adds it up. */
function metered(client: DynamoDBClient): Meter {
  const meter: Meter = { reads: 0, writes: 0, refused: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const isRead = context.commandName === 'GetItemCommand' || context.commandName === 'QueryCommand';
      try {
        const result = await next({
          ...args,
          input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' },
        });
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        meter[isRead ? 'reads' : 'writes'] += ConsumedCapacity?.CapacityUnits ?? 0;
        return result;
      } catch (error) {
        if ((error as Error).name === 'ConditionalCheckFailedException') meter.refused++;
        throw error;
      }
    },
    { step: 'initialize', priority: 'high' },
  );
  return meter;
}
