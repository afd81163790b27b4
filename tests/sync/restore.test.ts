/** What docs/operations.md says of a table that was restored from a backup. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteItemCommand, PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { createGetJob } from '../../lib/reading/get-job.ts';
import { syncMessages } from '../../lib/feeding/sync-messages.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import type { StoredJob } from '../../lib/store/job-store.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { deletedEvent, patchEvent, snapshotEvent } from '../support/events.ts';

type Event = Readonly<Record<string, unknown>>;

/** A stage whose setting names a table. */
interface Stage {
  /** Gives the ids of messages that would come again. */
  readonly sync: (events: readonly Event[]) => Promise<readonly string[]>;
  readonly document: (jobId: string) => Promise<StoredJob['document'] | undefined>;
  readonly get: (jobId: string, minRevision?: bigint) => Promise<bigint>;
}

const log = (): void => undefined;
const deadline = (): Deadline => new Deadline(10_000);

function stageWith({ client, table }: TestTable): Stage {
  const store = createDynamoDbJobStore({ client, table, tombstoneDays: 30, log });
  const parts = { store, log, redactEnvValues: false, random: Math.random, sleep: (ms: number) => sleep(ms) };
  return {
    sync: (events) => {
      const messages = events.map((event, index) => ({
        messageId: `m${index}`,
        body: JSON.stringify(event),
        redelivered: false,
      }));
      return syncMessages(parts, messages, deadline());
    },
    document: async (jobId) => (await store.get(jobId, { consistent: true, deadline: deadline() }))?.document,
    get: async (jobId, minRevision) => {
      const request = { jobId, minRevision };
      return (
        await createGetJob({ store, authenticator: openDoor })(request, {
          credentials: { authorization: undefined },
          deadline: deadline(),
        })
      ).revision;
    },
  };
}

/** More than one item holds, however well it is compressed. */
const large = (): string => randomBytes(600_000).toString('base64');

const before = [
  snapshotEvent(1, { name: 'a', status: 'EXECUTING' }, 'changed'),
  snapshotEvent(1, { name: 'b' }, 'gone'),
  snapshotEvent(1, { name: 'c' }, 'quiet'),
  patchEvent(1, { name: 'early' }, undefined, 'patched-first'),
  snapshotEvent(1, { config: large() }, 'large'),
];
/** Those between the time that is restored and now. */
const between = [
  patchEvent(2, { status: 'SUCCESS' }, undefined, 'changed'),
  patchEvent(3, { desc: 'done' }, undefined, 'changed'),
  deletedEvent(2, 'gone'),
  snapshotEvent(5, { desc: 'late' }, 'patched-first'),
  snapshotEvent(2, { config: large() }, 'large'),
  snapshotEvent(1, { name: 'new' }, 'new'),
];
const ids = ['changed', 'gone', 'quiet', 'patched-first', 'large', 'new'];

describe('a restored table', () => {
  let engine: Engine;
  let restoredTable: TestTable;
  let live: Stage;
  let restored: Stage;
  const tables: TestTable[] = [];

  const makeTable = async (): Promise<TestTable> => {
    const table = await createTable(engine.endpoint);
    tables.push(table);
    return table;
  };
  beforeAll(async () => {
    engine = await startDynalite();
  });
  beforeEach(async () => {
    const liveTable = await makeTable();
    live = stageWith(liveTable);
    expect(await live.sync(before)).toEqual([]);
    restoredTable = await makeTable();
    for (const Item of (await liveTable.items()) as readonly Record<string, AttributeValue>[])
      await restoredTable.client.send(new PutItemCommand({ TableName: restoredTable.table, Item }));
    restored = stageWith(restoredTable);
    expect(await live.sync(between)).toEqual([]);
  });
  afterAll(async () => {
    for (const { client } of tables) client.destroy();
    await engine.stop();
  });

  it('has every job as it was at that time', async () => {
    const expected = stageWith(await makeTable());
    await expected.sync(before);
    for (const id of ids)
      expect([id, await restored.document(id)]).toEqual([id, await expected.document(id)]);
    expect(await restored.get('changed')).toBe(1n);
    await expect(restored.get('changed', 3n)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('becomes what it would have been when the events since then are sent again, in any order, twice, with older ones', async () => {
    const again = [...between, ...before, ...between].reverse();
    expect(await restored.sync(again)).toEqual([]);
    for (const id of ids) expect([id, await restored.document(id)]).toEqual([id, await live.document(id)]);
    expect(await restored.get('changed', 3n)).toBe(3n);
  });

  it('takes the events that waited, and gives its jobs what those alone know', async () => {
    const waited = [
      patchEvent(4, { statusDetails: 'ok' }, undefined, 'changed'),
      snapshotEvent(9, { name: 'whole' }, 'quiet'),
    ];
    expect(await live.sync(waited)).toEqual([]);
    expect(await restored.sync(waited)).toEqual([]);
    expect(await restored.document('quiet')).toEqual(await live.document('quiet'));
    expect(await restored.get('changed')).toBe(4n);
    expect(await restored.document('changed')).not.toEqual(await live.document('changed'));
    await restored.sync(between);
    expect(await restored.document('changed')).toEqual(await live.document('changed'));
  });

  it('without the parts of a job has it again with the next snapshot, and not before', async () => {
    const parts = (await restoredTable.items())
      .map(({ job_id, part }) => ({ job_id, part }) as Record<string, AttributeValue>)
      .filter(({ job_id, part }) => job_id?.S === 'large' && part?.S !== 'head');
    expect(parts.length).toBeGreaterThan(0);
    for (const Key of parts)
      await restoredTable.client.send(new DeleteItemCommand({ TableName: restoredTable.table, Key }));
    await expect(restored.get('large')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const patch = [patchEvent(3, { desc: 'x' }, undefined, 'large')];
    expect(await restored.sync(patch)).toEqual(['m0']);

    expect(await restored.sync(between)).toEqual([]);
    expect(await restored.document('large')).toEqual(await live.document('large'));
    expect(await restored.sync(patch)).toEqual([]);
  });
});
