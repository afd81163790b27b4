/** Notices end in what upstream says of their jobs, or in the queue. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { jobToJson } from '../../lib/job/job-type.ts';
import { syncMessages } from '../../lib/feeding/sync-messages.ts';
import { Status } from '../../lib/runtime/status.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import type { JobStore } from '../../lib/store/job-store.ts';
import type { LogFields } from '../../lib/telemetry/log.ts';
import { auditEvent } from '../support/audit-events.ts';
import { jobBytes, type JobInit } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { jobEvent, snapshotEvent } from '../support/events.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { secretiveJob } from '../support/secretive-job.ts';

const unavailable = new Status('UPSTREAM_UNAVAILABLE', 'upstream is down');

describe('notices', () => {
  let engine: Engine;
  let table: TestTable;
  let store: JobStore;
  let upstream: ScriptedUpstream;
  let logged: LogFields[];
  let count = 0;
  let id: string;

  beforeAll(async () => {
    engine = await startDynalite();
    table = await createTable(engine.endpoint);
    store = createDynamoDbJobStore({ ...table, tombstoneDays: 30, log: () => undefined });
  });
  afterAll(async () => {
    table.client.destroy();
    await engine.stop();
  });
  beforeEach(() => {
    upstream = new ScriptedUpstream();
    logged = [];
    id = `job-${count++}`;
  });

  const job = (init: JobInit = {}): Uint8Array => jobBytes({ id, ...init });
  const changed = (jobId = id) => jobEvent({ jobId, changed: {} });
  const audited = (...jobIds: readonly string[]) =>
    auditEvent({ name: 'DeleteAllJobData', details: { job_ids: jobIds } });

  interface Options {
    readonly from?: ScriptedUpstream | 'nowhere';
    readonly deadlineMs?: number;
    readonly redactEnvValues?: boolean;
    readonly redelivered?: boolean;
    readonly sentAt?: Date;
  }

  /** Which of the messages fail, by their place. */
  const failures = async (
    bodies: readonly unknown[],
    {
      from = upstream,
      deadlineMs = 20_000,
      redactEnvValues = false,
      redelivered = false,
      sentAt,
    }: Options = {},
  ): Promise<readonly number[]> => {
    const parts = {
      store,
      ...(from !== 'nowhere' && { upstream: from }),
      redactEnvValues,
      random: Math.random,
      sleep: () => Promise.resolve(),
      log: (_: unknown, __: string, fields: LogFields = {}) => void logged.push(fields),
    };
    const messages = bodies.map((body, index) => ({
      messageId: String(index),
      body: JSON.stringify(body),
      redelivered,
      sentAt,
    }));
    return (await syncMessages(parts, messages, new Deadline(deadlineMs))).map(Number);
  };
  const stored = async (jobId = id) =>
    (await store.get(jobId, { consistent: true, deadline: new Deadline(10_000) }))?.document;
  const nameOf = async (jobId = id): Promise<string | undefined> => {
    const document = await stored(jobId);
    if (document === undefined || document.deleted) return undefined;
    return (JSON.parse(jobToJson(document.job)) as { readonly name?: string }).name;
  };

  it('of a job cost one read and one write a batch, however many there are', async () => {
    upstream.answers.set(id, [job({ name: 'first' })]);
    const readAt = upstream.now;
    expect(await failures([changed(), audited(id), [audited(id, id), audited(id)]])).toEqual([]);
    expect(upstream.asked).toEqual([id]);
    expect(await stored()).toEqual({
      deleted: false,
      job: Buffer.from(job({ name: 'first' })),
      snapshotRevision: readAt,
      later: [],
    });
    expect(logged.at(-1)).toMatchObject({ messages: 3, applied: 5, failed: 0, skipped: 0 });
  });

  it('of several jobs in a message read each of them', async () => {
    const ids = [`${id}-a`, `${id}-b`];
    for (const jobId of ids) upstream.answers.set(jobId, [jobBytes({ id: jobId, name: 'x' })]);
    expect(await failures([audited(...ids)])).toEqual([]);
    expect(upstream.asked.toSorted()).toEqual(ids);
    expect([await nameOf(ids[0]), await nameOf(ids[1])]).toEqual(['x', 'x']);
  });

  it('do not put what an older read saw over what a newer one saw', async () => {
    upstream.answers.set(id, [job({ name: 'newer' }), job({ name: 'older' })]);
    expect(await failures([changed()])).toEqual([]);
    upstream.now -= 2n;
    expect(await failures([changed()])).toEqual([]);
    expect(await nameOf()).toBe('newer');
    expect(logged.at(-1)).toMatchObject({ applied: 0, unchanged: 1 });
  });

  it('lose secrets as events do', async () => {
    upstream.answers.set(id, [secretiveJob(id)]);
    expect(await failures([changed()], { redactEnvValues: true })).toEqual([]);
    const document = await stored();
    const text = document?.deleted === false ? Buffer.from(document.job).toString() : '';
    expect(text).toContain('password: [redacted]\nTOKEN: [redacted]');
    expect(text).not.toMatch(/hunter2|a-secret-value/);
  });

  it('of a job that upstream has no more delete it', async () => {
    upstream.answers.set(id, [job()]);
    expect(await failures([changed()])).toEqual([]);
    upstream.answers.set(id, [undefined]);
    expect(await failures([changed()])).toEqual([]);
    expect(await stored()).toEqual({ deleted: true });
    expect(logged.at(-1)).toMatchObject({ applied: 1 });
    expect(await failures([changed()])).toEqual([]);
    expect(logged.at(-1)).toMatchObject({ applied: 0, unchanged: 1 });
  });

  it('of a job that nobody knows yet change nothing, so that it can still come', async () => {
    upstream.answers.set(id, [undefined, job({ name: 'late' })]);
    expect(await failures([changed()], { redelivered: true, sentAt: new Date(0) })).toEqual([]);
    expect(await stored()).toBeUndefined();
    expect(logged.at(-1)).toMatchObject({ applied: 0, unchanged: 1 });
    expect(await failures([changed()])).toEqual([]);
    expect(await nameOf()).toBe('late');
  });

  it('do not delete a job that a faster worker saw being created', async () => {
    // This read is answered before the job is there, and its answer comes after the other worker's document.
    upstream.answers.set(id, [undefined, job({ name: 'later' })]);
    const other = new ScriptedUpstream();
    other.answers.set(id, [job({ name: 'created' })]);
    upstream.during = async () => {
      upstream.during = () => Promise.resolve();
      await failures([changed()], { from: other });
    };
    expect(await failures([changed()])).toEqual([]);
    expect(await nameOf()).toBe('later');
  });

  it('that upstream does not answer stay in the queue, and nothing else does', async () => {
    const other = `${id}-other`;
    upstream.answers.set(id, [unavailable]);
    upstream.answers.set(other, [jobBytes({ id: other, name: 'read' })]);
    const batch = [snapshotEvent(5, { name: 'own' }, id), changed(), changed(other), audited(other, id)];
    expect(await failures(batch)).toEqual([1, 3]);
    expect([await nameOf(), await nameOf(other)]).toEqual(['own', 'read']);
    expect(upstream.asked.toSorted()).toEqual([id, other]);
    expect(logged).toContainEqual(
      expect.objectContaining({
        messageId: '1',
        jobId: id,
        code: 'UNAVAILABLE',
        reason: 'UPSTREAM_UNAVAILABLE',
        error: 'upstream is down',
      }),
    );
    expect(logged.at(-1)).toMatchObject({ applied: 3, failed: 2 });
  });

  it('that come again with others do not read again what has been read since they were sent', async () => {
    const [done, failing, old] = [id, `${id}-failing`, `${id}-old`];
    const sentAt = new Date(Number(upstream.now / 1000n) + 1000);
    for (const jobId of [done, old, failing])
      upstream.answers.set(jobId, [jobBytes({ id: jobId, name: 'a' })]);
    expect(await failures([changed(old)])).toEqual([]);
    upstream.now += 2_000_000n;
    upstream.answers.set(failing, [unavailable]);
    expect(await failures([audited(done, failing)])).toEqual([0]);
    upstream.asked.length = 0;
    upstream.answers.set(failing, [jobBytes({ id: failing, name: 'b' })]);
    upstream.answers.set(old, [jobBytes({ id: old, name: 'b' })]);
    expect(await failures([audited(done, failing, old)], { redelivered: true, sentAt })).toEqual([]);
    expect(upstream.asked.toSorted()).toEqual([failing, old]);
    expect([await nameOf(done), await nameOf(failing), await nameOf(old)]).toEqual(['a', 'b', 'b']);
    expect(logged.at(-1)).toMatchObject({ applied: 2, unchanged: 1, failed: 0 });
  });

  it('that are new read, however new the document is', async () => {
    upstream.answers.set(id, [job({ name: 'a' }), job({ name: 'b' })]);
    const sentAt = new Date(Number(upstream.now / 1000n));
    expect(await failures([changed()], { sentAt })).toEqual([]);
    expect(await failures([changed()], { sentAt })).toEqual([]);
    expect(await nameOf()).toBe('b');
    expect(await failures([changed()], { redelivered: true, sentAt })).toEqual([]);
    expect(upstream.asked).toHaveLength(2);
  });

  it('without an upstream stay in the queue, and nothing else does', async () => {
    const batch = [snapshotEvent(5, { name: 'own' }, id), changed()];
    expect(await failures(batch, { from: 'nowhere' })).toEqual([1]);
    expect(await nameOf()).toBe('own');
    expect(logged[0]).toMatchObject({ code: 'FAILED_PRECONDITION', jobId: id });
  });

  it.each([
    ['another job', () => jobBytes({ id: 'secret' }), 'upstream answered with another job'],
    ['what is no job', () => Buffer.from('secret'), 'cannot be kept: the message ends inside a varint'],
  ])('that are answered with %s stay in the queue', async (_, answer, words) => {
    upstream.answers.set(id, [answer()]);
    expect(await failures([changed()])).toEqual([0]);
    expect(await stored()).toBeUndefined();
    expect(logged[0]).toMatchObject({ code: 'DATA_LOSS', error: expect.stringContaining(words) });
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('that upstream leaves waiting do not keep events from being written in time', async () => {
    const waiting = Array.from({ length: 40 }, (_, index) => `${id}-${index}`);
    for (const jobId of waiting) upstream.answers.set(jobId, ['hang']);
    const told = [...waiting.slice(-3), `${id}-x`, `${id}-y`];
    const batch = [audited(...waiting), ...told.map((jobId) => snapshotEvent(5, { name: 'own' }, jobId))];
    expect(await failures(batch, { deadlineMs: 3000 })).toEqual([0]);
    expect(await Promise.all(told.map(nameOf))).toEqual(told.map(() => 'own'));
    expect(logged[0]).toMatchObject({ code: 'DEADLINE_EXCEEDED', events: 40 });
    expect(logged.at(-1)).toMatchObject({ applied: 5, failed: 40 });
  });
});
