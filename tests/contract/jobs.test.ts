/** What every DynamoDB-speaking engine must give: one suite, run on each. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { tombstone, type Document } from '../../lib/job/document.ts';
import { merge, patchDocument, sameDocument } from '../../lib/job/merge.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import type { Expectation, JobStore } from '../../lib/store/job-store.ts';
import { startDynalite, createTable, type Engine, type TestTable } from '../support/dynamodb.ts';
import { startProxy } from '../support/dynamodb-proxy.ts';
import { incompressible, jobBytes, snapshotOf } from '../support/documents.ts';

const givenEndpoint = process.env['DYNAMODB_TEST_ENDPOINT'];

async function startCompletedDynalite(): Promise<Engine> {
  const engine = await startDynalite();
  const proxy = await startProxy(engine.endpoint);
  return { endpoint: proxy.endpoint, stop: () => proxy.stop().then(engine.stop) };
}

const engines: readonly (readonly [string, () => Promise<Engine>])[] = [
  ['dynalite, which gives no item with a failed condition', startDynalite],
  ['dynalite, its answers completed as DynamoDB documents them', startCompletedDynalite],
  ...(givenEndpoint === undefined
    ? []
    : [
        [
          'the engine at DYNAMODB_TEST_ENDPOINT',
          () => Promise.resolve({ endpoint: givenEndpoint, stop: () => Promise.resolve() }),
        ] as const,
      ]),
];

describe.each(engines)('JobStore on %s', (_, start) => {
  let engine: Engine;
  let table: TestTable;
  let store: JobStore;
  let nowMs: number;
  const logged: string[] = [];

  beforeAll(async () => {
    engine = await start();
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    table = await createTable(engine.endpoint);
    nowMs = Date.parse('2026-11-23T12:00:00Z');
    const log = (level: string, message: string): void => void logged.push(`${level} ${message}`);
    store = createDynamoDbJobStore({ ...table, tombstoneDays: 30, log, now: () => new Date(nowMs++) });
  });

  const deadline = (): Deadline => new Deadline(20_000);
  const get = (id = 'j1') => store.get(id, { consistent: true, deadline: deadline() });
  const put = (document: Document, expect: Expectation = 'nothing-newer', id = 'j1') =>
    store.put(id, document, { expect, deadline: deadline() });
  const parts = async (): Promise<number> =>
    (await table.items()).filter((item) => (item['part'] as { S: string }).S !== 'head').length;

  it('has nothing of a job that was never written', async () => {
    expect(await get()).toBeUndefined();
  });

  it('gives back what was written, with the time of the write', async () => {
    expect(await put(snapshotOf({ name: 'a', status: 4 }, 5))).toEqual({ written: true });
    expect(await get()).toMatchObject({
      document: snapshotOf({ name: 'a', status: 4 }, 5),
      syncedAt: new Date('2026-11-23T12:00:00Z'),
    });
    expect(await table.items()).toMatchObject([
      {
        revision: { N: '5' },
        snapshot_revision: { N: '5' },
        status: { S: 'SUCCESS' },
        project_id: { S: 'p1' },
      },
    ]);
  });

  it('gives back patches that wait for their snapshot, and those newer than it', async () => {
    const patch = patchDocument(jobBytes({ name: 'b' }), [2, 6], 7n);
    await put(patch, { unchangedFrom: undefined });
    const waiting = (await get())!;
    expect(waiting.document).toEqual(patch);
    const merged = merge(patch, snapshotOf({ name: 'a', status: 2 }, 5));
    await put(merged, { unchangedFrom: waiting });
    expect((await get())!.document).toEqual(merged);
  });

  it('replaces what is older without a read, and nothing else', async () => {
    await put(snapshotOf({ name: 'old' }, 5));
    expect(await put(snapshotOf({ name: 'new' }, 6))).toEqual({ written: true });
    for (const revision of [5, 6]) {
      const result = await put(snapshotOf({ name: 'late' }, revision));
      expect(result).toMatchObject({ written: false, current: { document: snapshotOf({ name: 'new' }, 6) } });
    }
    expect((await get())!.document).toEqual(snapshotOf({ name: 'new' }, 6));
  });

  it('does not replace a head with a newer patch, though its snapshot is older', async () => {
    const document = merge(snapshotOf({ name: 'a' }, 3), patchDocument(jobBytes({ name: 'b' }), [2], 9n));
    await put(document);
    expect(await put(snapshotOf({ name: 'c' }, 8))).toMatchObject({ written: false, current: { document } });
  });

  it('writes what was merged only over what it was merged from', async () => {
    await put(snapshotOf({ name: 'a' }, 1));
    const read = (await get())!;
    expect(await put(snapshotOf({ name: 'b' }, 2), { unchangedFrom: read })).toEqual({ written: true });
    const late = await put(snapshotOf({ name: 'c' }, 3), { unchangedFrom: read });
    expect(late).toMatchObject({ written: false, current: { document: snapshotOf({ name: 'b' }, 2) } });
    const asIfNew = await put(snapshotOf({ name: 'd' }, 4), { unchangedFrom: undefined });
    expect(asIfNew).toMatchObject({ written: false, current: { document: snapshotOf({ name: 'b' }, 2) } });
  });

  it('lets exactly one of many racing writers win', async () => {
    await put(snapshotOf({ name: 'a' }, 1));
    const read = (await get())!;
    const racers = Array.from({ length: 8 }, (__, index) =>
      put(snapshotOf({ name: `r${index}` }, 2 + index), { unchangedFrom: read }),
    );
    expect((await Promise.all(racers)).filter(({ written }) => written)).toHaveLength(1);
  });

  it('keeps a tombstone against everything, and lets it expire', async () => {
    await put(incompressible(900_000, 5));
    await put(tombstone);
    expect(await put(tombstone)).toMatchObject({ written: false, current: { document: tombstone } });
    expect(await put(snapshotOf({}, 100))).toMatchObject({
      written: false,
      current: { document: tombstone },
    });
    expect(await parts()).toBe(0);
    const [item] = await table.items();
    const expiresAt = Number((item!['expires_at'] as { N: string }).N);
    expect(new Date(expiresAt * 1000).toISOString().slice(0, 10)).toBe('2026-12-23');
  });

  it('compresses where that saves a read unit, and leaves the rest alone', async () => {
    await put(snapshotOf({ config: 'x'.repeat(3000) }, 1));
    expect((await table.items())[0]).not.toHaveProperty('encoding');
    await put(snapshotOf({ config: 'x'.repeat(5000) }, 2));
    expect((await table.items())[0]).toHaveProperty('encoding', { S: 'zstd' });
    expect((await get())!.document).toEqual(snapshotOf({ config: 'x'.repeat(5000) }, 2));
  });

  it('keeps documents that one item cannot hold, and forgets their parts when they shrink', async () => {
    for (const [size, revision] of [
      [300_000, 1],
      [900_000, 2],
      [2_000_000, 3],
      [600_000, 4],
      [10, 5],
    ] as const) {
      const document = incompressible(size, revision);
      expect(await put(document)).toEqual({ written: true });
      expect(sameDocument((await get())!.document, document)).toBe(true);
    }
    expect(await table.items()).toHaveLength(1);
  });

  it('leaves nothing behind of a large document that lost its race', async () => {
    await put(snapshotOf({ name: 'newer' }, 9));
    expect(await put(incompressible(900_000, 8))).toMatchObject({ written: false });
    expect(await table.items()).toHaveLength(1);
  });

  it('refuses a document of more than 4 MB, and keeps what it had', async () => {
    await put(snapshotOf({ name: 'small' }, 1));
    await expect(put(incompressible(4_500_000, 2))).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(/^the job takes \d+ bytes in the table.*at most 4194304/) as unknown,
    });
    expect((await get())!.document).toEqual(snapshotOf({ name: 'small' }, 1));
  });

  it('never shows a mixture of two large documents to one who reads while they are replaced', async () => {
    const documents = Array.from({ length: 6 }, (__, index) => incompressible(900_000, index + 1));
    await put(documents[0]!);
    const state = { writing: true };
    const writer = (async () => {
      for (const document of documents.slice(1)) await put(document);
      state.writing = false;
    })();
    let reads = 0;
    for (let last = 0n; state.writing || reads < 3; reads++) {
      const { document } = (await get())!;
      const written = documents.find(
        (one) => one.snapshotRevision === (document as typeof one).snapshotRevision,
      );
      expect(Buffer.compare((document as (typeof documents)[0]).job, written!.job)).toBe(0);
      expect(written!.snapshotRevision!).toBeGreaterThanOrEqual(last);
      last = written!.snapshotRevision!;
    }
    await writer;
  });

  it('finds and deletes the parts of a writer that crashed, once it is surely gone', async () => {
    const crashing = createDynamoDbJobStore({
      ...table,
      client: Object.assign(Object.create(table.client) as typeof table.client, {
        send: (command: { input: { Item?: { part?: { S: string } } } }, options: object) =>
          command.input.Item?.part?.S === 'head'
            ? Promise.reject(Object.assign(new Error('killed'), { name: 'ValidationException' }))
            : table.client.send(command as never, options),
      }),
      tombstoneDays: 30,
      log: () => undefined,
      now: () => new Date(nowMs),
    });
    await put(incompressible(900_000, 1));
    await expect(
      crashing.put('j1', incompressible(900_000, 2), { expect: 'nothing-newer', deadline: deadline() }),
    ).rejects.toThrow('killed');
    expect(await parts()).toBe(6);
    await put(incompressible(900_000, 3));
    expect(await parts()).toBe(6);
    nowMs += 2 * 60 * 60 * 1000;
    await put(incompressible(900_000, 4));
    expect(await parts()).toBe(3);
    expect(logged).toEqual([]);
  });

  it('removes what is left behind on request, and never what the head names', async () => {
    await put(incompressible(900_000, 1));
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
    expect((await get())!.document).toMatchObject({ snapshotRevision: 1n });
  });
});
