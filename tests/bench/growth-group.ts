/** What a Get and an event cost by the number of jobs in the table, and a Get by the size of its job. */
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import { snapshotEvent } from '../support/events.ts';
import { jobBytes } from '../support/documents.ts';
import { httpEvent, lambdaContext, sqsEvent } from '../support/functions.ts';
import { startEngine, type RunningEngine } from './engine/engine.ts';
import type { Figure } from './figure.ts';
import { benchJobs } from './jobs.ts';
import { measure } from './measure.ts';
import { packageFunctions } from './packaged.ts';
import { storedItems } from './stored-items.ts';

/** Jobs of a few bytes, as the engine keeps all of them in memory. */
const tableSizes = [1000, 10_000, 100_000];
const rounds = 5;

type Get = (event: APIGatewayProxyEventV2, context: Context) => Promise<{ readonly statusCode: number }>;
type Sync = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

export async function growthGroup(): Promise<readonly Figure[]> {
  const packaged = await packageFunctions();
  const engine = await startEngine();
  try {
    const { handler: get } = (await import(packaged.get)) as { readonly handler: Get };
    const { handler: sync } = (await import(packaged.sync)) as { readonly handler: Sync };
    const figures: Figure[] = [];
    let filled = 0;
    for (const size of tableSizes) {
      await fill(engine, filled, size);
      filled = size;
      figures.push(...(await measureTable(size, get, sync)));
    }
    figures.push(...(await measureSizes(engine, get)));
    return figures;
  } finally {
    engine.stop();
    await packaged.remove();
  }
}

const idOf = (index: number): string => `bench-${String(index).padStart(6, '0')}`;

async function fill({ endpoint, table }: RunningEngine, from: number, to: number): Promise<void> {
  const client = new DynamoDBClient({ endpoint });
  const [item] = await storedItems('j', jobBytes({ id: 'j', status: 2 }));
  const batches = Array.from({ length: (to - from) / 25 }, (_, index) => from + index * 25);
  await pMap(
    batches,
    (start) => {
      const requests = Array.from({ length: 25 }, (_, index) => ({
        PutRequest: { Item: { ...item, job_id: { S: idOf(start + index) } } },
      }));
      return client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    },
    { concurrency: 8 },
  );
  client.destroy();
}

function expectOk({ statusCode }: { readonly statusCode: number }): void {
  if (statusCode !== 200) throw new Error(`answered with ${statusCode}`);
}

async function measureTable(size: number, get: Get, sync: Sync): Promise<readonly Figure[]> {
  let turn = 0;
  let revision = 1000;
  const next = (): string => idOf((turn++ * 7919) % size);
  return measure(
    { group: 'growth', subject: `${size.toLocaleString('en')} jobs in the table` },
    [
      {
        name: 'a Get, REST JSON',
        run: async () => {
          expectOk(await get(httpEvent('GET', `/datasphere/v2/jobs/${next()}`), lambdaContext()));
        },
      },
      {
        name: 'a new snapshot',
        run: async () => {
          const event = sqsEvent(snapshotEvent(revision++, { status: 'EXECUTING' }, next()));
          if ((await sync(event, lambdaContext())).batchItemFailures.length > 0)
            throw new Error('not applied');
        },
      },
    ],
    { rounds, turnMs: 200 },
  );
}

async function measureSizes({ endpoint, table }: RunningEngine, get: Get): Promise<readonly Figure[]> {
  const client = new DynamoDBClient({ endpoint });
  const figures: Figure[] = [];
  for (const { name, bytes } of benchJobs) {
    for (const item of await storedItems(name, bytes))
      await client.send(
        new BatchWriteItemCommand({ RequestItems: { [table]: [{ PutRequest: { Item: item } }] } }),
      );
    const ask = (headers: Readonly<Record<string, string>>, query = '') => ({
      run: async () => {
        expectOk(
          await get(httpEvent('GET', `/datasphere/v2/jobs/${name}${query}`, headers), lambdaContext()),
        );
      },
    });
    figures.push(
      ...(await measure(
        { group: 'growth', subject: `${name} job, ${bytes.length} bytes of protobuf` },
        [
          { name: 'a Get, REST JSON', ...ask({ 'accept-encoding': 'gzip' }) },
          { name: 'three fields of it', ...ask({}, '?fields=status,finishedAt,statusDetails') },
        ],
        { rounds, turnMs: 200 },
      )),
    );
  }
  client.destroy();
  return figures;
}
