/** What the DynamoDB engine keeps in its table: items, their attributes, and the parts of large documents. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoDbBackfillProgress } from '../../lib/dynamodb/backfill-progress.ts';
import type { DynamoDb } from '../../lib/dynamodb/client/client.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore, type DynamoDbJobStoreOptions } from '../../lib/dynamodb/job-store.ts';
import { createDynamoDbQuota } from '../../lib/dynamodb/quota.ts';
import { createDynamoDbRefreshLeases } from '../../lib/dynamodb/refresh-leases.ts';
import { dynamoDbSizeLimits } from '../../lib/dynamodb/size-limits.ts';
import { tombstone, type Document } from '../../lib/job/document.ts';
import { merge, patchDocument } from '../../lib/job/merge.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { JobStore } from '../../lib/store/job-store.ts';
import { incompressible, jobBytes, snapshotOf } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { dynamoDbEngines } from '../support/dynamodb-engines.ts';

const deadline = (): Deadline => new Deadline(20_000);
const start = Date.parse('2026-11-23T12:00:00Z');
const blind = { expect: 'nothing-newer' } as const;
/** So small that parts are cheap; tests/limits/cost-limits.test.ts counts those of the real limits. */
const limits = { headBytes: 1500, partBytes: 1000, documentBytes: 8000 };

describe.each(dynamoDbEngines)('the items of a job on %s', (_, startEngine) => {
  let engine: Engine;
  let table: TestTable;
  let store: JobStore;
  let nowMs: number;
  const logged: string[] = [];

  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    table = await createTable(engine.endpoint);
    nowMs = start;
    logged.length = 0;
    store = storeOn(table.client);
  });

  const storeOn = (client: DynamoDb, options: Partial<DynamoDbJobStoreOptions> = {}): JobStore =>
    createDynamoDbJobStore({
      table: table.table,
      client,
      tombstoneDays: 30,
      limits,
      log: (level, message) => void logged.push(`${level} ${message}`),
      now: () => new Date(nowMs++),
      ...options,
    });
  const put = (document: Document, to = store) => to.put('j1', document, { ...blind, deadline: deadline() });
  const parts = async (): Promise<number> =>
    (await table.items()).filter((item) => (item['part'] as { S: string }).S !== 'head').length;

  it('keeps a job as one head item, with its bytes and what people and indexes look for', async () => {
    const document = snapshotOf({ name: 'a', status: 4 }, 5);
    await put(document);
    expect(await table.items()).toEqual([
      {
        job_id: { S: 'j1' },
        part: { S: 'head' },
        job: { B: document.job },
        revision: { N: '5' },
        snapshot_revision: { N: '5' },
        status: { S: 'SUCCESS' },
        project_id: { S: 'p1' },
        synced_at: { N: String(start) },
        generation: { S: expect.stringMatching(`^${start}-[\\w-]{8}$`) as unknown },
      },
    ]);
  });

  it('keeps the revision of the newest patch, and which fields each patch still owns', async () => {
    await put(merge(snapshotOf({ name: 'a' }, 3), patchDocument(jobBytes({ name: 'b' }), [2], 9n)));
    expect(await table.items()).toMatchObject([
      { revision: { N: '9' }, snapshot_revision: { N: '3' }, later: { B: Uint8Array.of(9, 1, 2) } },
    ]);
  });

  it('gives items of the index only to visible jobs of a store with an index', async () => {
    const attributes = ['digest', 'look_at'];
    const names = async () =>
      Object.keys((await table.items())[0]!).filter((name) => attributes.includes(name));
    await put(snapshotOf({}, 1));
    expect(await names()).toEqual([]);
    await put(snapshotOf({}, 2), storeOn(table.client, { indexed: true }));
    expect((await names()).toSorted()).toEqual(attributes);
    await put(tombstone, storeOn(table.client, { indexed: true }));
    expect(await names()).toEqual([]);
  });

  it('leaves of a deleted job only a tombstone that expires after its days, and no parts', async () => {
    await put(incompressible(1900, 5));
    await put(tombstone);
    expect(await table.items()).toEqual([
      {
        job_id: { S: 'j1' },
        part: { S: 'head' },
        synced_at: { N: expect.any(String) as unknown },
        expires_at: { N: String(Date.parse('2026-12-23T12:00:00Z') / 1000) },
      },
    ]);
  });

  it('compresses a document if that saves a read unit, and leaves others alone', async () => {
    const ample = storeOn(table.client, { limits: dynamoDbSizeLimits });
    await put(snapshotOf({ config: 'x'.repeat(3000) }, 1), ample);
    expect((await table.items())[0]).not.toHaveProperty('encoding');
    await put(snapshotOf({ config: 'x'.repeat(5000) }, 2), ample);
    expect((await table.items())[0]).toHaveProperty('encoding', { S: 'zstd' });
    const stored = await store.get('j1', { consistent: true, deadline: deadline() });
    expect(stored!.document).toEqual(snapshotOf({ config: 'x'.repeat(5000) }, 2));
  });

  it('keeps what one item cannot hold in parts, and deletes them when the document shrinks', async () => {
    const counts: number[] = [];
    for (const [size, revision] of [
      [500, 1],
      [1900, 2],
      [2400, 3],
      [1200, 4],
      [10, 5],
    ] as const) {
      await put(incompressible(size, revision));
      counts.push(await parts());
    }
    expect(counts).toEqual([0, 3, 4, 2, 0]);
    expect(logged).toEqual([]);
  });

  it('leaves nothing behind of a large document that lost its race', async () => {
    await put(snapshotOf({ name: 'newer' }, 9));
    expect(await put(incompressible(1900, 8))).toMatchObject({ written: false });
    expect(await table.items()).toHaveLength(1);
  });

  it('says of a document that is too large what it takes in the table', async () => {
    await expect(put(incompressible(9000, 2))).rejects.toMatchObject({
      message: expect.stringMatching(/^the job takes \d+ bytes in the table.*at most 8000/) as unknown,
    });
    expect(await table.items()).toEqual([]);
  });

  it('deletes the parts of a writer that crashed, once it is surely gone', async () => {
    const crashing: DynamoDb = Object.assign(Object.create(table.client) as typeof table.client, {
      send: (command: { input: { Item?: { part?: { S: string } } } }, options: object) =>
        command.input.Item?.part?.S === 'head'
          ? Promise.reject(Object.assign(new Error('killed'), { name: 'ValidationException' }))
          : table.client.send(command as never, options),
    });
    await put(incompressible(1900, 1));
    await expect(put(incompressible(1900, 2), storeOn(crashing))).rejects.toThrow('killed');
    expect(await parts()).toBe(6);
    await put(incompressible(1900, 3));
    expect(await parts()).toBe(6);
    nowMs += 2 * 60 * 60 * 1000;
    await put(incompressible(1900, 4));
    expect(await parts()).toBe(3);
    expect(logged).toEqual([]);
  });

  it('removes leftovers on request, and never the parts that the head names', async () => {
    await put(incompressible(1900, 1));
    const leave = async (generation: string): Promise<void> => {
      const Item = { job_id: { S: 'j1' }, part: { S: `${generation}/0000` }, job: { B: Uint8Array.of(1) } };
      await table.client.send(new PutItemCommand({ TableName: table.table, Item }));
    };
    await leave(`${nowMs - 60_000}-ofawriterwhomaystilllive`);
    await leave(`${nowMs - 200_000}-crashed`);
    await store.removeLeftovers('j1', deadline());
    expect(await parts()).toBe(4);
    nowMs += 24 * 60 * 60 * 1000;
    await store.removeLeftovers('j1', deadline());
    expect(await parts()).toBe(3);
    const stored = await store.get('j1', { consistent: true, deadline: deadline() });
    expect(stored!.document).toMatchObject({ snapshotRevision: 1n });
  });
});

describe('the items of the other ports', () => {
  let engine: Engine;
  let table: TestTable;

  beforeAll(async () => {
    engine = await startDynalite();
    table = await createTable(engine.endpoint);
  });
  afterAll(() => engine.stop());

  it('stand under keys that no job can have, and never in the index', async () => {
    await createDynamoDbRefreshLeases(table).acquire('p1', 'a', new Date(start), deadline());
    await createDynamoDbBackfillProgress(table).write('p1', { pageToken: 't', jobs: 1 }, deadline());
    await createDynamoDbQuota({ ...table, callsPerSecond: 1, longestWaitMs: 10_000 }).acquire(deadline());
    const items = (await table.items()) as { job_id: { S: string }; project_id?: unknown }[];
    expect(items.map(({ job_id }) => job_id.S).toSorted()).toEqual([
      'backfill/p1',
      'refresh/p1',
      'upstream/slots',
    ]);
    expect(items.filter((item) => 'project_id' in item)).toEqual([]);
  });

  it('are read page by page from the index', async () => {
    const many = Array.from({ length: 60 }, (_, number) => `j${number}`);
    const log = (): void => undefined;
    const store = createDynamoDbJobStore({ ...table, tombstoneDays: 30, indexed: true, log });
    for (const id of many)
      await store.put(id, snapshotOf({ id, status: 2 }, 1), { ...blind, deadline: deadline() });
    let pages = 0;
    // The index has only what it needs, so that a page holds some thousands of jobs: a small page is asked for here.
    const small = {
      send: (command: { input: object }, options: object) => {
        pages++;
        Object.assign(command.input, { Limit: 7 });
        return table.client.send(command as never, options);
      },
    };
    const index = createDynamoDbJobIndex({ client: small as never, table: table.table });
    const jobs = await index.list('p1', { deadline: deadline() });
    expect([...jobs.keys()].toSorted()).toEqual(many.toSorted());
    expect(pages).toBe(9);
  });
});
