/** The function that runs by the clock, against the stand-in for upstream and a DynamoDB-speaking engine. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { createDynamoDbRefreshStateReader } from '../../lib/dynamodb/refresh-state.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import {
  functionEnvironment,
  importRefreshHandler,
  upstreamEnvironment,
  type RefreshHandler,
} from '../support/functions.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

let engine: Engine;
let table: TestTable;
let upstream: Upstream;
let refresh: RefreshHandler;

beforeAll(async () => {
  engine = await startDynalite();
  table = await createTable(engine.endpoint);
  upstream = await startUpstream({ seed: 7, projects: ['p1'], clock: 'real' });
  refresh = await importRefreshHandler({
    ...functionEnvironment(engine.endpoint, table.table),
    ...upstreamEnvironment(upstream, ['p1']),
    // One round, and the run is over.
    REFRESH_SECONDS: '3600',
  });
});
afterAll(async () => {
  await upstream.stop();
  await table.drop();
  await engine.stop();
});

describe('an event of the schedule that Lambda delivers twice', () => {
  it('makes the rounds once: the runs have one request id, and are two', async () => {
    upstream.faults.latencyMs = 2000;
    const first = refresh(20_000, 'twice');
    const states = createDynamoDbRefreshStateReader(table);
    while ((await states.read('p1', new Deadline(5000))) === undefined) await sleep(10);
    await Promise.all([first, refresh(20_000, 'twice')]);
    expect(upstream.calls.count('List')).toBe(1);
  });
});
