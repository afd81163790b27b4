import { describe, expect, it } from '@jest/globals';
import { parseMessage } from '../../lib/events/message.ts';
import { auditEvent, camelCased } from '../support/audit-events.ts';
import { enveloped, snapshotEvent } from '../support/events.ts';

const parse = (message: unknown) =>
  parseMessage(typeof message === 'string' ? message : JSON.stringify(message), { redactEnvValues: false });
const jobsOf = (message: unknown): readonly string[] => parse(message).events.map(({ jobId }) => jobId);
const refusedOf = (message: unknown): readonly string[] =>
  parse(message).refused.map((status) => {
    expect(status).toMatchObject({ name: 'Status', code: 'INVALID_ARGUMENT' });
    expect(status.message.toLowerCase()).not.toContain('secret');
    return status.message;
  });

const of = (name: string, details: unknown, status?: string) =>
  auditEvent({ name, details, ...(status !== undefined && { status }) });
const job = (jobId: string) => ({ project_id: 'bt1p', job_id: jobId });
const nothing = { events: [], skipped: 1, refused: [] };

/** Each event as its page has it, and the jobs that it is about. */
const jobEvents: readonly (readonly [object, readonly string[]])[] = [
  [of('CreateJob', { ...job('bt1a'), instance_spec: 'c1.4', name: 'train' }), ['bt1a']],
  [of('CloneJob', { ...job('bt1b'), source_job_id: 'bt1a', instance_spec: 'c1.4' }), ['bt1b']],
  ...['STARTED', 'RUNNING', 'DONE', 'CANCELLED'].map(
    (status) => [of('ExecuteJob', { ...job('bt1c'), instance_spec: 'g1.1' }, status), ['bt1c']] as const,
  ),
  [of('CancelJob', job('bt1d')), ['bt1d']],
  [of('DeleteJobData', job('bt1e')), ['bt1e']],
  [of('UpdateJobDataTtl', { ...job('bt1f'), ttl: '3600s' }), ['bt1f']],
  [of('DeleteAllJobData', { project_id: 'bt1p', job_ids: ['bt1a', 'bt1b'] }), ['bt1a', 'bt1b']],
];

describe('an Audit Trails event', () => {
  it.each(jobEvents)('of a job is a notice, in both spellings: %.80j', (event, jobs) => {
    for (const spelt of [event, camelCased(event)]) {
      const { events, skipped, refused } = parse(spelt);
      expect(events.map(({ jobId, news }) => [jobId, news])).toEqual(jobs.map((id) => [id, 'changed']));
      expect({ skipped, refused }).toEqual({ skipped: 0, refused: [] });
    }
  });

  it('says when it happened, to the lag of what comes of it', () => {
    const time = '2026-11-23T15:00:00.5+03:00';
    const at = (event: object) => parse(event).events[0]!.occurredAt;
    const event = auditEvent({ name: 'CancelJob', details: job('bt1a'), time });
    expect(at(event)).toEqual(new Date('2026-11-23T12:00:00.5Z'));
    expect(at(auditEvent({ name: 'CancelJob', details: job('bt1a'), time: 'yesterday' }))).toBeUndefined();
    const [notice] = parse(event).events;
    expect(notice!.eventId).toBe((event as { event_id: string }).event_id);
  });

  it.each([
    ['another thing of DataSphere', of('CreateNode', { node_id: 'n' })],
    ['another service', auditEvent({ name: '', type: 'yandex.cloud.audit.compute.CreateInstance' })],
    ['a name of tomorrow', of('CreateJobTemplate', job('bt1a'))],
    [
      'a longer type that ends the same',
      auditEvent({ name: '', type: 'x.yandex.cloud.audit.datasphere.CreateJob' }),
    ],
    ['a request that failed', of('CancelJob', job('bt1a'), 'ERROR')],
    ['a request that failed before there was a job', of('CreateJob', { project_id: 'bt1p' }, 'ERROR')],
    ['no jobs', of('DeleteAllJobData', { project_id: 'bt1p', job_ids: [] })],
  ])('of %s is skipped', (_, event) => {
    expect(parse(event)).toEqual(nothing);
    expect(parse(camelCased(event))).toEqual(nothing);
  });

  it.each([
    ['no details', of('CreateJob', undefined), 'details: must be a JSON object'],
    ['no job', of('CreateJob', { project_id: 'secret' }), 'details.job_id: must be the id of a job, a text'],
    [
      'a number for a job',
      of('CreateJob', { job_id: 17 }),
      'details.job_id: must be the id of a job, a text',
    ],
    ['an empty id', of('CancelJob', job('')), 'details.job_id: must not be empty'],
    [
      'an id that is none',
      of('CancelJob', job('se/cret')),
      'details.job_id: may only have letters, digits, hyphens and underscores',
    ],
    [
      'a clone that names its source only',
      of('CloneJob', { source_job_id: 'secret' }),
      'details.job_id: must be the id of a job, a text',
    ],
    [
      'one job where there are several',
      of('DeleteAllJobData', job('secret')),
      'details.job_ids: must be a list',
    ],
    [
      'too many jobs',
      of('DeleteAllJobData', { job_ids: Array<string>(5001).fill('secret') }),
      'details.job_ids: has 5001 jobs; at most 5000 may be',
    ],
    [
      'a wrong id among several',
      of('DeleteAllJobData', { job_ids: ['bt1a', 'se cret'] }),
      'details.job_ids[1]: may only have letters',
    ],
  ])('is refused with what is wrong, and without what it contains: %s', (_, event, message) => {
    for (const spelt of [event, camelCased(event)]) {
      expect(parse(spelt)).toMatchObject({ events: [], skipped: 0 });
      expect(refusedOf(spelt)).toEqual([expect.stringContaining(message)]);
    }
  });
});

describe('Audit Trails events', () => {
  const all = [
    ...jobEvents.map(([event]) => event),
    of('CreateNode', {}),
    of('CancelJob', job('x'), 'ERROR'),
  ];
  const jobs = jobEvents.flatMap(([, ids]) => ids);
  const lines = all.map((event) => JSON.stringify(event));

  it.each<[string, unknown]>([
    ['a list, as a file in a bucket is', all],
    ['JSON Lines, as a message of a data stream is', lines.join('\n')],
    ['JSON Lines with empty ones, and a break at the end', `${lines.join('\r\n\r\n')}\r\n`],
    ['the batch of a trigger for Data Streams', { messages: all }],
    ['such a batch in an EventBridge event', enveloped({ messages: all })],
  ])('may come as %s', (_, message) => {
    expect(jobsOf(message)).toEqual(jobs);
    expect(parse(message).skipped).toBe(2);
  });

  it('may come one in an EventBridge event', () => {
    expect(jobsOf(enveloped(camelCased(all[0])))).toEqual(['bt1a']);
  });

  it('are nothing where there are none', () => {
    for (const message of [[], { messages: [] }])
      expect(parse(message)).toEqual({ events: [], skipped: 0, refused: [] });
  });

  it('do not suffer from one that is wrong, or none', () => {
    const message = [of('CancelJob', job('bt1a')), of('CancelJob', job('')), 'secret', null, all[1]];
    expect(jobsOf(message)).toEqual(['bt1a', 'bt1b']);
    const notOne = 'event_type: is needed: this is no Audit Trails event';
    expect(refusedOf(message)).toEqual([
      '[1].details.job_id: must not be empty',
      `[2].${notOne}`,
      `[3].${notOne}`,
    ]);
  });

  it('do not come mixed with job events, which come one a message', () => {
    const message = JSON.stringify(snapshotEvent(5, { name: 'secret' }));
    for (const several of [`[${message}]`, `{"messages":[${message}]}`, `${message}\n${message}`])
      expect(refusedOf(several)[0]).toContain('this is no Audit Trails event');
  });
});

describe('a message', () => {
  it('may be a job event, bare and in an EventBridge event, whatever else is in it', () => {
    const event = {
      ...snapshotEvent(5),
      messages: [],
      event_type: 'yandex.cloud.audit.datasphere.CreateJob',
    };
    for (const message of [event, enveloped(event)])
      expect(parse(message).events).toEqual([
        expect.objectContaining({ jobId: 'j1', revision: 5n, unknownFields: 2 }),
      ]);
  });

  it.each([
    ['', 'event: is not JSON'],
    ['hello secret', 'event: is not JSON'],
    ['{"a":1}\nsecret', 'event: is not JSON'],
    ['"secret"', 'event: must be a JSON object'],
    [{ messages: 'secret' }, 'job_id: must not be empty'],
    [{ Records: [{ body: 'secret' }] }, 'job_id: must not be empty'],
    [enveloped(['secret']), 'detail: must be a JobEvent, a JSON object'],
    [`[{"a":1,"secret\\\\":2}]`, 'event: has a name that ends in a backslash'],
    [`${'['.repeat(101)}${']'.repeat(101)}`, 'event: has more than 100 objects and arrays in one another'],
    [[of('CancelJob', { ...job('a'), note: 'secret'.repeat(200_000) })], 'at most 1048576 are allowed'],
    [Array<object>(2001).fill({}), 'event: has 2001 Audit Trails events; at most 2000 may be'],
    ['{}\n'.repeat(2001), 'event: has more than 2000 lines'],
    [
      [2500, 2501].map((count) => of('DeleteAllJobData', { job_ids: Array<string>(count).fill('secret') })),
      'event: names more than 5000 jobs',
    ],
  ])('that is something else is refused with what is wrong: %.60j', (message, problem) => {
    let thrown: unknown;
    try {
      parse(message);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'Status', code: 'INVALID_ARGUMENT' });
    expect((thrown as Error).message).toContain(problem);
    expect((thrown as Error).message).not.toContain('secret');
  });
});
