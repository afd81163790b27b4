import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { LiveDocument } from '../../lib/job/document.ts';
import { readJobHeading } from '../../lib/job/job-heading.ts';
import { removeSecrets } from '../../lib/job/redaction.ts';
import { splitFields, WireWriter } from '../../lib/protobuf/wire.ts';
import { readFromUpstream, snapshotOf } from '../../lib/feeding/upstream-snapshot.ts';
import { Status } from '../../lib/runtime/status.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { jobBytes } from '../support/documents.ts';
import { secretiveJob } from '../support/secretive-job.ts';

const keep = { redactEnvValues: false };

const text = (document: unknown): string => Buffer.from((document as LiveDocument).job).toString();

describe('what upstream answers', () => {
  it('is a snapshot of the moment when its read began', () => {
    const job = jobBytes({ name: 'a', status: 2 });
    expect(snapshotOf(job, 'j1', 1_795_435_200_000_123n, keep)).toEqual({
      deleted: false,
      job: Buffer.from(job),
      snapshotRevision: 1_795_435_200_000_123n,
      later: [],
    });
  });

  it('keeps every byte but secrets, fields that nobody here knows among them', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: true, unknownFields: true }), (job) => {
        const { id } = readJobHeading(job);
        const document = snapshotOf(job, id, 1n, keep);
        expect(splitFields(document.job)).toEqual(splitFields(removeSecrets(job)));
      }),
    );
    const tomorrow = new WireWriter()
      .raw(jobBytes())
      .lengthDelimited(1000, Buffer.from('of tomorrow'))
      .finish();
    expect(Buffer.from(snapshotOf(tomorrow, 'j1', 1n, keep).job)).toEqual(Buffer.from(tomorrow));
  });

  it('loses its plain-text password, with its copies, and variables where that is set', () => {
    const kept = text(snapshotOf(secretiveJob('j1'), 'j1', 1n, keep));
    expect(kept).toContain('password: [redacted]\nTOKEN: a-secret-value');
    expect(kept).not.toContain('hunter2');
    const redacted = text(snapshotOf(secretiveJob('j1'), 'j1', 1n, { redactEnvValues: true }));
    expect(redacted).toContain('password: [redacted]\nTOKEN: [redacted]');
    expect(redacted).not.toContain('a-secret-value');
  });

  it.each([
    ['another job', jobBytes({ id: 'secret' }), 'upstream answered with another job'],
    ['a job without an id', new Uint8Array(), 'upstream answered with another job'],
    ['what is no message', Buffer.from('secret'), 'the message ends inside a varint'],
    [
      'text that is not UTF-8',
      new WireWriter().raw(jobBytes()).lengthDelimited(3, Buffer.from('secret\xff', 'latin1')).finish(),
      'a string is not UTF-8',
    ],
    [
      'a time that JSON cannot say',
      new WireWriter()
        .raw(jobBytes())
        .lengthDelimited(
          4,
          new WireWriter()
            .tag(1, 0)
            .varint(2 ** 45)
            .finish(),
        )
        .finish(),
      'a timestamp is outside the years 1 to 9999',
    ],
  ])('is refused with why, and without what it contains: %s', (_, job, why) => {
    let thrown: unknown;
    try {
      snapshotOf(job, 'j1', 1n, keep);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Status);
    expect(thrown).toMatchObject({ code: 'DATA_LOSS' });
    expect((thrown as Error).message).toContain(why);
    expect((thrown as Error).message).not.toContain('secret');
  });

  it('may be that there is no such job', async () => {
    const upstream: JobSource = {
      get: () => Promise.resolve({ job: undefined, readAt: 1n }),
      list: () => Promise.reject(new Error('not asked for')),
      close: () => undefined,
    };
    expect(await readFromUpstream(upstream, 'j1', keep, new Deadline(1000))).toBeUndefined();
  });
});
