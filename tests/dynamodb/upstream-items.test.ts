/** What the table keeps for the sake of upstream: the index by project, the ledger of rounds, the turns to call. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { crc32 } from 'node:zlib';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { tombstone, type LiveDocument } from '../../lib/job/document.ts';
import { patchDocument, snapshotDocument } from '../../lib/job/merge.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createDynamoDbRefreshLedger } from '../../lib/dynamodb/refresh-ledger.ts';
import { createUpstreamSlots } from '../../lib/dynamodb/upstream-slots.ts';
import { jobBytes, type JobInit } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';

let engine: Engine;
let table: TestTable;
let nowMs: number;
const now = (): Date => new Date(nowMs);
const deadline = (): Deadline => new Deadline(20_000);

beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  table = await createTable(engine.endpoint);
  nowMs = Date.parse('2026-11-23T12:00:00Z');
});

const second = (seconds: number): Date => new Date(nowMs + seconds * 1000);

describe('the index by project', () => {
  const index = () => createDynamoDbJobIndex(table);
  const put = async (document: LiveDocument | typeof tombstone, id: string): Promise<void> => {
    const store = createDynamoDbJobStore({
      ...table,
      tombstoneDays: 30,
      indexed: true,
      log: () => undefined,
      now,
    });
    const current = await store.get(id, { consistent: true, deadline: deadline() });
    await store.put(id, document, { expect: { unchangedFrom: current }, deadline: deadline() });
  };
  const job = (id: string, init: Omit<JobInit, 'id'> = {}) => snapshotDocument(jobBytes({ id, ...init }), 1n);
  const ids = async (projectId: string, dueBefore?: Date): Promise<readonly string[]> => {
    const jobs = await index().list(projectId, { dueBefore, deadline: deadline() });
    return [...jobs.keys()].toSorted();
  };

  it('has each job of its project with what tells whether its document is current', async () => {
    const document = job('j1', { status: 2 });
    await put(document, 'j1');
    await put(job('other', { projectId: 'p2' }), 'other');
    const jobs = await index().list('p1', { deadline: deadline() });
    expect([...jobs.values()]).toEqual([
      { jobId: 'j1', digest: crc32(document.job), syncedAt: now(), lookAt: 'running' },
    ]);
  });

  it('finds the running jobs, also those of a status unknown here, and leaves out those that ended', async () => {
    for (const status of [0, 1, 2, 3, 4, 5, 6, 7, 8, 99])
      await put(job(`s${status}`, { status }), `s${status}`);
    expect(await ids('p1', now())).toEqual(['s0', 's1', 's2', 's3', 's7', 's8', 's99']);
  });

  it('finds an ended job once its data expire, and never where they stay or are gone already', async () => {
    const dataExpiresAt = second(60);
    await put(job('expires', { status: 4, dataExpiresAt }), 'expires');
    await put(job('cleared', { status: 4, dataExpiresAt, dataCleared: true }), 'cleared');
    await put(job('stays', { status: 4 }), 'stays');
    expect(await ids('p1', second(59))).toEqual([]);
    expect(await ids('p1', second(60))).toEqual(['expires']);
    expect(await ids('p1')).toEqual(['cleared', 'expires', 'stays']);
  });

  it('follows a job that ends, and forgets one that is deleted', async () => {
    await put(job('j1', { status: 2 }), 'j1');
    await put(snapshotDocument(jobBytes({ id: 'j1', status: 4 }), 2n), 'j1');
    expect(await ids('p1', now())).toEqual([]);
    expect(await ids('p1')).toEqual(['j1']);
    await put(tombstone, 'j1');
    expect(await ids('p1')).toEqual([]);
  });

  it('has no job that nobody can read yet', async () => {
    await put(patchDocument(jobBytes({ id: 'j1' }), [1, 9], 1n), 'j1');
    expect(await ids('p1')).toEqual([]);
  });

  it('gives more jobs than one page of the table holds', async () => {
    const many = Array.from({ length: 60 }, (_, number) => `j${number}`);
    // The index has only what it needs: its pages hold some thousands of jobs, so a small page is asked for here.
    for (const id of many) await put(job(id, { status: 2 }), id);
    const small = {
      send: (command: { input: object }, options: object) => {
        Object.assign(command.input, { Limit: 7 });
        return table.client.send(command as never, options);
      },
    };
    const jobs = await createDynamoDbJobIndex({ client: small as never, table: table.table }).list('p1', {
      deadline: deadline(),
    });
    expect([...jobs.keys()].toSorted()).toEqual(many.toSorted());
  });
});

describe('the ledger of rounds', () => {
  const ledger = () => createDynamoDbRefreshLedger({ ...table, now });
  const take = (owner: string, seconds = 60) => ledger().take('p1', owner, second(seconds), deadline());
  const record = (owner: string, roundAt: Date, until = second(60)) =>
    ledger().record(
      'p1',
      owner,
      { roundAt, recordedAt: roundAt, previousRoundAt: second(-10), sweepAt: roundAt, sweepPages: 3 },
      { until, deadline: deadline() },
    );

  it('gives a project to one owner at a time', async () => {
    expect(await take('a')).toEqual({ sweepPages: 0 });
    expect(await take('b')).toBe('taken');
    expect(await take('a')).not.toBe('taken');
  });

  it('gives it to exactly one of many who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, number) => take(`owner ${number}`)));
    expect(answers.filter((answer) => answer !== 'taken')).toHaveLength(1);
  });

  it('takes it from an owner who crashed, when the time is over', async () => {
    await take('a');
    nowMs += 60_000;
    expect(await take('b')).not.toBe('taken');
    expect(await record('a', now())).toBe(false);
  });

  it('keeps what the last round did, for the next owner and for readers', async () => {
    await take('a');
    const state = {
      roundAt: now(),
      recordedAt: now(),
      previousRoundAt: second(-10),
      sweepAt: now(),
      sweepPages: 3,
    };
    expect(await record('a', now(), now())).toBe(true);
    expect(await ledger().read('p1', deadline())).toEqual(state);
    expect(await take('b')).toEqual(state);
  });

  it('knows nothing of a project without rounds', async () => {
    expect(await ledger().read('p2', deadline())).toBeUndefined();
  });
});

describe('turns to call upstream', () => {
  const waits: number[] = [];
  beforeEach(() => {
    waits.length = 0;
  });
  /** A process: its waits are noted down, and take no time. */
  const slots = (callsPerSecond: number, longestWaitMs: number) =>
    createUpstreamSlots({
      ...table,
      callsPerSecond,
      longestWaitMs,
      now,
      wait: (ms) => Promise.resolve(waits.push(ms)),
    });

  it('come one after another, evenly spaced, whichever process asks', async () => {
    const processes = [slots(4, 10_000), slots(4, 10_000)];
    for (const number of [0, 1, 2, 3, 4]) await processes[number % 2]!.take(deadline());
    expect(waits).toEqual([250, 500, 750, 1000]);
  });

  it('are not saved up: after a pause there is one at once, and not many', async () => {
    await slots(4, 10_000).take(deadline());
    nowMs += 60_000;
    await slots(4, 10_000).take(deadline());
    await slots(4, 10_000).take(deadline());
    expect(waits).toEqual([250]);
  });

  it('are not stopped for long by a machine whose clock is ahead', async () => {
    nowMs += 3_600_000;
    await slots(1, 10_000).take(deadline());
    nowMs -= 3_600_000;
    await slots(1, 10_000).take(deadline());
    await slots(1, 10_000).take(deadline());
    expect(waits).toEqual([1000]);
  });

  it('may be rarer than one a second', async () => {
    await slots(0.5, 10_000).take(deadline());
    await slots(0.5, 10_000).take(deadline());
    expect(waits).toEqual([2000]);
  });

  it('are refused where more wait than may, with when to come again', async () => {
    const impatient = slots(1, 500);
    await impatient.take(deadline());
    await expect(impatient.take(deadline())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: [{ type: 'RetryInfo', retryDelayMs: 1000 }],
    });
    await slots(1, 10_000).take(deadline());
    expect(waits).toEqual([1000]);
  });

  it('are refused to a caller whose deadline comes first', async () => {
    await slots(1, 10_000).take(deadline());
    await expect(slots(1, 10_000).take(new Deadline(300))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('are given again to who comes too late to one, since his process was busy', async () => {
    const busy = createUpstreamSlots({
      ...table,
      callsPerSecond: 1,
      longestWaitMs: 10_000,
      now,
      wait: (ms) => {
        waits.push(ms);
        nowMs += waits.length === 1 ? ms + 101 : ms + 100;
        return Promise.resolve();
      },
    });
    await busy.take(deadline());
    await busy.take(deadline());
    expect(waits).toEqual([1000, 899]);
  });

  it('are each given once, however many ask at the same moment', async () => {
    await Promise.all(Array.from({ length: 10 }, () => slots(10, 60_000).take(deadline())));
    expect(waits.toSorted((a, b) => a - b)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });
});
