import { zstdCompressSync } from 'node:zlib';
import { PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jobBytes } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { patchEvent, snapshotEvent } from '../support/events.ts';
import {
  functionEnvironment,
  httpEvent,
  importHandlers,
  sqsEvent,
  type Handlers,
} from '../support/functions.ts';

/** A field number that no version of Job has yet, with a text. */
const tomorrow = Buffer.from([0xc2, 0x3e, 3, 0x61, 0x62, 0x63]);

describe('beside an older or newer version', () => {
  let engine: Engine;
  let table: TestTable;
  let functions: Handlers;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    engine = await startDynalite();
    table = await createTable(engine.endpoint);
    functions = await importHandlers(functionEnvironment(engine.endpoint, table.table));
  });
  afterAll(async () => {
    table.client.destroy();
    await engine.stop();
  });
  beforeEach(() => {
    id = `job-${count++}`;
  });

  /** Writes a head as another version would. */
  const writeHead = async (more: Record<string, AttributeValue> = {}): Promise<void> => {
    const Item: Record<string, AttributeValue> = {
      job_id: { S: id },
      part: { S: 'head' },
      generation: { S: 'written-by-another' },
      revision: { N: '5' },
      snapshot_revision: { N: '5' },
      project_id: { S: 'p1' },
      status: { S: 'EXECUTING' },
      synced_at: { N: '1795435200000' },
      job: { B: Buffer.concat([jobBytes({ id, name: 'old', status: 2 }), tomorrow]) },
      ...more,
    };
    await table.client.send(new PutItemCommand({ TableName: table.table, Item }));
  };
  const head = async (): Promise<Record<string, AttributeValue>> =>
    (await table.items()).find((item) => (item['job_id'] as { S: string }).S === id) as Record<
      string,
      AttributeValue
    >;
  const get = async (
    path = '',
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
    const { statusCode = 0, body = '' } = await functions.get(
      httpEvent('GET', `/datasphere/v2/jobs/${id}${path}`),
    );
    return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
  };
  const sync = async (...events: readonly unknown[]): Promise<number> =>
    (await functions.sync(sqsEvent(...events))).batchItemFailures.length;

  it('reads a head with attributes that it does not know', async () => {
    await writeHead({ priority: { N: '3' }, labels: { M: { a: { S: 'b' } } } });
    expect(await get()).toMatchObject({ status: 200, body: { id, name: 'old' } });
    expect(await sync(patchEvent(6, { name: 'new' }, undefined, id))).toBe(0);
    expect(await get()).toMatchObject({ status: 200, body: { id, name: 'new', status: 'EXECUTING' } });
  });

  it('reads a head without the attributes that are there for people and indexes', async () => {
    await writeHead({ project_id: { S: '' }, status: { S: 'A_STATUS_OF_TOMORROW' } });
    expect(await get()).toMatchObject({ status: 200, body: { projectId: 'p1', status: 'EXECUTING' } });
  });

  it('keeps a field of Job that it does not know, through a patch too', async () => {
    await writeHead();
    expect(await sync(patchEvent(6, { name: 'new' }, undefined, id))).toBe(0);
    expect(Buffer.from((await head())['job']!.B!).includes(tomorrow)).toBe(true);
  });

  it.each([
    ['an encoding of tomorrow', 'brotli'],
    ['bytes that are not what their encoding says', 'zstd'],
  ])('answers INTERNAL for %s, and leaves the document and the event as they are', async (_, encoding) => {
    await writeHead({ encoding: { S: encoding } });
    const before = await head();
    expect(await get()).toMatchObject({ status: 500, body: { code: 13, message: 'internal error' } });
    expect(await sync(patchEvent(6, { name: 'new' }, undefined, id))).toBe(1);
    expect(await sync(snapshotEvent(4, {}, id))).toBe(1);
    expect(await head()).toEqual(before);
  });

  it('merges into what an older version compressed', async () => {
    const compressed = zstdCompressSync(jobBytes({ id, name: 'old', config: 'c'.repeat(9000) }));
    await writeHead({ encoding: { S: 'zstd' }, job: { B: compressed } });
    expect(await sync(patchEvent(6, { name: 'new' }, undefined, id))).toBe(0);
    expect(await get('?fields=name')).toMatchObject({ status: 200, body: { name: 'new' } });
  });
});
