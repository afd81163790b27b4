import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { startProxy, type Proxy } from '../support/dynamodb-proxy.ts';
import { deletedEvent, enveloped, jobEvent, patchEvent, snapshotEvent } from '../support/events.ts';
import {
  functionEnvironment,
  httpEvent,
  importHandlers,
  sqsEvent,
  type Handlers,
} from '../support/functions.ts';
import { seededRandom } from '../support/unusual-encoding.ts';

describe('the sync function', () => {
  let engine: Engine;
  let proxy: Proxy;
  let table: TestTable;
  let functions: Handlers;
  let count = 0;
  let id: string;

  beforeAll(async () => {
    engine = await startDynalite();
    proxy = await startProxy(engine.endpoint);
    table = await createTable(proxy.endpoint);
    functions = await importHandlers({
      ...functionEnvironment(proxy.endpoint, table.table),
      LOG_LEVEL: 'error',
    });
  });
  afterAll(async () => {
    table.client.destroy();
    await proxy.stop();
    await engine.stop();
  });
  beforeEach(() => {
    proxy.decide = () => 'forward';
    id = `job-${count++}`;
    proxy.calls.length = 0;
  });

  const sync = (...events: readonly unknown[]) => functions.sync(sqsEvent(...events));
  const failures = async (...events: readonly unknown[]): Promise<readonly string[]> =>
    (await sync(...events)).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  const operations = (): readonly string[] => proxy.calls.map(({ operation }) => operation);
  const read = async (jobId = id): Promise<unknown> => {
    const { statusCode, body = '' } = await functions.get(
      httpEvent('GET', `/datasphere/v2/jobs/${jobId}`, { 'x-consistent-read': 'true' }),
    );
    return statusCode === 200 ? JSON.parse(body) : statusCode;
  };

  it('makes an event readable, bare or from EventBridge', async () => {
    expect(
      await failures(
        snapshotEvent(1, { name: 'a' }, id),
        enveloped(snapshotEvent(1, { name: 'b' }, `${id}b`)),
      ),
    ).toEqual([]);
    expect(await read()).toEqual({ id, name: 'a', projectId: 'p1' });
    expect(await read(`${id}b`)).toMatchObject({ name: 'b' });
  });

  it('writes once for ten events of one job, and does not read', async () => {
    const events = Array.from({ length: 9 }, (_, index) =>
      patchEvent(index + 2, { name: `n${index}` }, undefined, id),
    );
    expect(await failures(...events, snapshotEvent(1, { status: 'EXECUTING' }, id))).toEqual([]);
    expect(operations()).toEqual(['PutItem']);
    expect(await read()).toMatchObject({ name: 'n8', status: 'EXECUTING' });
  });

  it('reads once and writes once for a patch, and writes nothing for one that changes nothing', async () => {
    await sync(snapshotEvent(5, { name: 'a' }, id));
    proxy.calls.length = 0;
    await sync(patchEvent(6, { name: 'b' }, undefined, id));
    expect(operations()).toEqual(['GetItem', 'PutItem']);
    proxy.calls.length = 0;
    await sync(patchEvent(6, { name: 'b' }, undefined, id), patchEvent(4, { name: 'old' }, undefined, id));
    expect(operations()).toEqual(['GetItem']);
    expect(await read()).toMatchObject({ name: 'b' });
  });

  it('spends one refused write, and no read, on a stale or repeated snapshot', async () => {
    await sync(snapshotEvent(5, { name: 'a' }, id));
    proxy.calls.length = 0;
    expect(await failures(snapshotEvent(5, { name: 'a' }, id))).toEqual([]);
    expect(await failures(snapshotEvent(4, { name: 'old' }, id))).toEqual([]);
    expect(operations()).toEqual(['PutItem', 'PutItem']);
    expect(await read()).toMatchObject({ name: 'a' });
  });

  it('names exactly the messages that failed, and applies the others', async () => {
    const batch = [
      snapshotEvent(1, {}, id),
      'not JSON',
      snapshotEvent(1, { id: 'another' }, `${id}x`),
      jobEvent({ jobId: id, revision: 2, changed: {} }),
      snapshotEvent(3, { name: 'c' }, id),
    ];
    expect(await failures(...batch)).toEqual(['m1', 'm2', 'm3']);
    expect(await read()).toMatchObject({ name: 'c' });
  });

  it('shows a job only once a snapshot of it has come, and then with the patches that came first', async () => {
    await sync(patchEvent(9, { status: 'SUCCESS' }, undefined, id));
    expect(await read()).toBe(404);
    await sync(snapshotEvent(3, { name: 'a', status: 'EXECUTING' }, id));
    expect(await read()).toMatchObject({ name: 'a', status: 'SUCCESS' });
  });

  it('never brings a deleted job back', async () => {
    await sync(snapshotEvent(3, {}, id), deletedEvent(2, id));
    await sync(snapshotEvent(9, {}, id));
    expect(await read()).toBe(404);
  });

  it('acknowledges nothing while the table is down, and everything afterwards', async () => {
    proxy.decide = () => 'throttle';
    const batch = [
      snapshotEvent(1, {}, id),
      snapshotEvent(1, {}, `${id}b`),
      patchEvent(2, { name: 'n' }, undefined, id),
    ];
    expect(await failures(...batch)).toEqual(['m0', 'm1', 'm2']);
    proxy.decide = () => 'forward';
    expect(await failures(...batch)).toEqual([]);
    expect(await read()).toMatchObject({ name: 'n' });
  });

  it('answers inside its own time where the table hangs', async () => {
    proxy.decide = () => 'hang';
    const startMs = performance.now();
    const { batchItemFailures } = await functions.sync(sqsEvent(snapshotEvent(1, {}, id)), 1500);
    expect(batchItemFailures).toHaveLength(1);
    expect(performance.now() - startMs).toBeLessThan(1500);
  });

  it('ends in one document however many instances race for it', async () => {
    const batches = Array.from({ length: 12 }, (_, index) => [
      patchEvent(index + 1, { name: `n${index}` }, undefined, id),
      ...(index === 5 ? [snapshotEvent(6, { desc: 'd' }, id)] : []),
    ]);
    const results = await Promise.all(batches.map((batch) => failures(...batch)));
    expect(results.flat()).toEqual([]);
    expect(await read()).toEqual({ id, name: 'n11', desc: 'd', projectId: 'p1' });
  });

  it('gives the same answer for the same events in any order, repetition and batching', async () => {
    const changes = fc.array(
      fc.record({
        revision: fc.integer({ min: 1, max: 5 }),
        kind: fc.constantFrom('snapshot', 'snapshot', 'patch', 'patch', 'patch', 'deleted'),
        name: fc.constantFrom('a', 'b', undefined),
        desc: fc.constantFrom('x', 'y', undefined),
      }),
      { minLength: 1, maxLength: 7 },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(changes, fc.integer(), async (all, seed) => {
        const random = seededRandom(seed);
        const [inOrder, shuffled] = [`${id}-${run}-a`, `${id}-${run++}-b`];
        const make = (jobId: string) =>
          all.map(({ revision, kind, name, desc }) => {
            const job = { ...(name && { name }), ...(desc && { desc }) };
            if (kind === 'snapshot') return snapshotEvent(revision, job, jobId);
            return kind === 'patch'
              ? patchEvent(revision, job, 'name,desc', jobId)
              : deletedEvent(revision, jobId);
          });
        for (const event of make(inOrder)) await sync(event);
        const again = [...make(shuffled), ...make(shuffled).filter(() => random() < 0.3)]
          .map((event) => ({ event, rank: random() }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        while (again.length > 0)
          expect(await failures(...again.splice(0, 1 + Math.floor(random() * 3)))).toEqual([]);
        const answer = await read(inOrder);
        const expected = typeof answer === 'number' ? answer : { ...(answer as object), id: shuffled };
        expect(await read(shuffled)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
