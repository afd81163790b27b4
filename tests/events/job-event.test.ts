import { describe, expect, it } from '@jest/globals';
import { parseJobEvent } from '../../lib/events/job-event.ts';
import { jobToJson } from '../../lib/job/job-type.ts';
import type { LiveDocument } from '../../lib/job/document.ts';
import { deletedEvent, enveloped, jobEvent, patchEvent, snapshotEvent } from '../support/events.ts';

const parse = (event: unknown, redactEnvValues = false) =>
  parseJobEvent(typeof event === 'string' ? event : JSON.stringify(event), { redactEnvValues });
const news = (event: unknown): LiveDocument => parse(event).news as LiveDocument;
const jobOf = (event: unknown): unknown => JSON.parse(jobToJson(news(event).job));

describe('a job event', () => {
  it('is read bare and as the detail of an EventBridge event', () => {
    const event = snapshotEvent(5, { name: 'a' });
    expect(parse(enveloped(event))).toEqual(parse(event));
  });

  it('with a snapshot is the whole job', () => {
    const event = snapshotEvent(5, { name: 'a', status: 'EXECUTING' });
    expect(news(event)).toMatchObject({ deleted: false, snapshotRevision: 5n, later: [] });
    expect(jobOf(event)).toEqual({ id: 'j1', name: 'a', status: 'EXECUTING', projectId: 'p1' });
  });

  it('with a patch speaks for the fields of its mask, and clears those it lacks', () => {
    const event = patchEvent(7, { status: 'SUCCESS', name: 'not in the mask' }, 'status,finishedAt');
    expect(news(event)).toMatchObject({
      snapshotRevision: undefined,
      later: [{ revision: 7n, fields: [5, 6] }],
    });
    expect(jobOf(event)).toEqual({ status: 'SUCCESS' });
  });

  it('with a patch without a mask speaks for the fields that it names, also with their default values', () => {
    const event = patchEvent(7, { status: 'SUCCESS', dataCleared: false });
    expect(news(event).later).toEqual([{ revision: 7n, fields: [6, 12] }]);
    expect(jobOf(event)).toEqual({ status: 'SUCCESS' });
  });

  it('may be a deletion or a notice', () => {
    expect(parse(deletedEvent(3)).news).toEqual({ deleted: true });
    expect(parse(jobEvent({ changed: {} })).news).toBe('changed');
  });

  it('without a revision has its time in microseconds instead', () => {
    const at = (occurredAt: string) => parse(jobEvent({ revision: 0, occurredAt, deleted: {} }));
    expect(at('2026-11-23T12:00:00.123456789Z').revision).toBe(1_795_435_200_123_456n);
    expect(at('2026-11-23T12:00:00Z')).toMatchObject({
      revision: 1_795_435_200_000_000n,
      occurredAt: new Date('2026-11-23T12:00:00Z'),
    });
  });

  it('keeps every digit of an int64, as a string or as a number', () => {
    expect(jobOf(snapshotEvent(5, { dataSizeBytes: '9007199254740993' }))).toMatchObject({
      dataSizeBytes: '9007199254740993',
    });
    const asNumber =
      '{"jobId":"j1","revision":9007199254740993,"snapshot":{"id":"j1","dataSizeBytes":9223372036854775807}}';
    expect(parse(asNumber).revision).toBe(9_007_199_254_740_993n);
    expect(jobOf(asNumber)).toMatchObject({ dataSizeBytes: '9223372036854775807' });
  });

  it('may not have a name that ends in a backslash, after which V8 misreads others', () => {
    const env = (vars: string): string =>
      `{"jobId":"j","revision":1,"snapshot":{"id":"j","jobParameters":{"env":{"vars":{${vars}}}}}}`;
    expect(() => parse(env('"abc":"1","k\\\\":"2"'))).toThrow('has a name that ends in a backslash');
    expect(JSON.stringify(jobOf(env('"abc":"1","k\\"":"2"')))).toContain('"k\\"":"2"');
    expect(JSON.stringify(jobOf(env('"abc":"a\\\\","k":"b\\\\\\": c"')))).toContain('"abc":"a\\\\"');
  });

  it('may use the names of the .proto, and stores default values as absent', () => {
    const event = {
      job_id: 'j1',
      revision: 1,
      snapshot: { id: 'j1', created_by_id: 'u', desc: '', data_cleared: false },
    };
    expect(jobOf(event)).toEqual({ id: 'j1', createdById: 'u' });
    expect(news(event).job).toHaveLength(7);
  });

  it('may have fields that this version does not know, and says how many', () => {
    const event = jobEvent({
      later: 1,
      snapshot: { id: 'j1', mood: 'good', outputFiles: [{ colour: 'red' }, { sha256: '' }] },
    });
    expect(parse(event).unknownFields).toBe(3);
    expect(parse(snapshotEvent(1)).unknownFields).toBe(0);
  });

  it.each([
    [
      'is given twice',
      '"dockerImageSpec":{"passwordPlainText":SECRET,"passwordPlainText":"the-last-counts"}',
    ],
    [
      'is in a message that is given twice',
      '"dockerImageSpec":{"passwordPlainText":SECRET},"dockerImageSpec":{}',
    ],
    ['is in a message of an unknown name', '"dockerImageSpecV2":{"password_plain_text" : SECRET}'],
    ['has an escaped name', '"dockerImageSpec":{"\\u0070asswordPlainText":SECRET}'],
  ])('loses a plain-text password that %s, with its copies', (_, env) => {
    const secret = 'say "hunter2" \\ twice';
    const event = jobEvent({
      snapshot: { id: 'j1', projectId: 'p1', config: `password: ${secret}`, jobParameters: { env: 'ENV' } },
    });
    const text = JSON.stringify(event).replace('"ENV"', `{${env.replace('SECRET', JSON.stringify(secret))}}`);
    expect(jobOf(text)).toMatchObject({ config: 'password: [redacted]' });
    expect(Buffer.from(news(text).job).toString()).not.toContain('hunter2');
  });

  it('loses a plain-text password from its own id too', () => {
    const jobParameters = { env: { dockerImageSpec: { passwordPlainText: 'hunter2hunter2' } } };
    const event = { ...snapshotEvent(1, { jobParameters }), eventId: 'for hunter2hunter2' };
    expect(parse(event).eventId).toBe('for [redacted]');
  });

  it('loses the values of its environment variables where that is set, and only there', () => {
    const event = snapshotEvent(1, {
      config: 'TOKEN=abcdefgh',
      jobParameters: { env: { vars: { TOKEN: 'abcdefgh' } } },
    });
    const stored = (redactEnvValues: boolean): string =>
      Buffer.from((parse(event, redactEnvValues).news as LiveDocument).job).toString();
    expect(stored(true)).not.toContain('abcdefgh');
    expect(stored(true)).toContain('TOKEN=[redacted]');
    expect(stored(false)).toContain('TOKEN=abcdefgh');
  });

  it('loses its plain-text password, also where the config repeats it', () => {
    const jobParameters = {
      env: { dockerImageSpec: { username: 'u', passwordPlainText: 'hunter2hunter2' } },
    };
    for (const event of [
      snapshotEvent(1, { config: 'password: hunter2hunter2', jobParameters }),
      patchEvent(1, { config: 'password: hunter2hunter2', jobParameters }),
    ]) {
      expect(Buffer.from(news(event).job).toString()).not.toContain('hunter2');
      expect(jobOf(event)).toMatchObject({ config: 'password: [redacted]' });
    }
  });

  it.each([
    ['hello secret', 'event: is not JSON'],
    ['[]', 'event: must be a JSON object'],
    ['"x"', 'event: must be a JSON object'],
    [{ 'detail-type': 'JobEvent', detail: 'secret' }, 'detail: must be a JobEvent, a JSON object'],
    [jobEvent({}), 'change: one of snapshot, patch, deleted and changed is needed'],
    [
      jobEvent({ snapshot: { id: 'j1' }, deleted: {} }),
      'event: datasphere.jobcache.v1.JobEvent: multiple values for oneof change',
    ],
    [jobEvent({ jobId: '', deleted: {} }), 'job_id: must not be empty'],
    [
      jobEvent({ jobId: 'se/cret', deleted: {} }),
      'job_id: may only have letters, digits, hyphens and underscores',
    ],
    [jobEvent({ jobId: 'a'.repeat(65), deleted: {} }), 'job_id: must be at most 64 characters long, has 65'],
    [jobEvent({ revision: -1, deleted: {} }), 'revision: must not be negative'],
    [jobEvent({ revision: 0, deleted: {} }), 'revision: is needed where there is no occurred_at'],
    [
      jobEvent({ revision: 0, occurredAt: '1969-01-01T00:00:00Z', deleted: {} }),
      'occurred_at: must be after 1970',
    ],
    [
      jobEvent({ revision: 'secret', deleted: {} }),
      'event: datasphere.jobcache.v1.JobEvent.revision: invalid integer',
    ],
    [jobEvent({ revision: '9223372036854775808', deleted: {} }), 'JobEvent.revision: out of range'],
    [snapshotEvent(1, { id: 'secret' }), 'snapshot.id: must be the job_id of the event'],
    [jobEvent({ snapshot: { name: 'secret' } }), 'snapshot.id: must be the job_id of the event'],
    [patchEvent(1, { id: 'secret' }), 'patch.job.id: must be the job_id of the event'],
    [patchEvent(1, {}, 'id'), 'patch.update_mask: would clear the id of the job'],
    [patchEvent(1, {}, 'jobParameters.cmd'), 'patch.update_mask: must name top-level fields of Job only'],
    [patchEvent(1, {}, 'secret'), 'patch.update_mask: must name top-level fields of Job only'],
    [snapshotEvent(1, { status: 'SECRET' }), 'Job.status: has a name that JobStatus does not know here'],
    [snapshotEvent(1, { createdAt: 'secret' }), 'event: google.protobuf.Timestamp: invalid timestamp'],
    [snapshotEvent(1, { name: 17 }), 'event: yandex.cloud.datasphere.v2.jobs.Job.name: expected string'],
    [snapshotEvent(1, { outputFiles: 'secret' }), 'Job.outputFiles: expected array'],
    [
      snapshotEvent(1, { name: 'x'.repeat(1 << 20) }),
      'at most 1048576 are allowed: publish a changed notice',
    ],
  ])('that is wrong is refused with what is wrong, and without what it contains: %.60j', (event, message) => {
    let thrown: unknown;
    try {
      parse(event);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'Status', code: 'INVALID_ARGUMENT' });
    expect((thrown as Error).message).toContain(message);
    expect((thrown as Error).message.toLowerCase()).not.toContain('secret');
  });
});
