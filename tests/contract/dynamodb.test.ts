/** The DynamoDB engine, on each engine that speaks DynamoDB's language. */
import { createDynamoDbBackfillProgress } from '../../lib/dynamodb/backfill-progress.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createDynamoDbQuota } from '../../lib/dynamodb/quota.ts';
import { createDynamoDbRefreshLeases } from '../../lib/dynamodb/refresh-leases.ts';
import { createDynamoDbRefreshStateReader } from '../../lib/dynamodb/refresh-state.ts';
import { createTable, type Engine as DynamoDbEngine, type TestTable } from '../support/dynamodb.ts';
import { dynamoDbEngines } from '../support/dynamodb-engines.ts';
import type { Engine, Ports } from './engine.ts';
import { describeEngine } from './every-port.ts';

async function startOn(starting: Promise<DynamoDbEngine>): Promise<Engine> {
  const { endpoint, stop } = await starting;
  const tables: TestTable[] = [];
  return {
    async open(now): Promise<Ports> {
      const table = await createTable(endpoint);
      tables.push(table);
      const log = (level: string, message: string): void => {
        throw new Error(`${level} ${message}`);
      };
      return {
        jobs: createDynamoDbJobStore({ ...table, tombstoneDays: 30, indexed: true, log, now }),
        index: createDynamoDbJobIndex(table),
        leases: createDynamoDbRefreshLeases({ ...table, now }),
        states: createDynamoDbRefreshStateReader(table),
        backfills: createDynamoDbBackfillProgress(table),
        quota: (options) => createDynamoDbQuota({ ...table, ...options }),
      };
    },
    async stop() {
      for (const table of tables) await table.drop();
      await stop();
    },
  };
}

for (const [name, start] of dynamoDbEngines)
  describeEngine(name, () => startOn(start()), {
    // The attribute that says when is in tests/dynamodb/items.test.ts.
    expiry: 'DynamoDB deletes expired items within days, dynalite never',
  });
