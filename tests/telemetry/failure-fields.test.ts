import { describe, expect, it } from '@jest/globals';
import { Status } from '../../lib/runtime/status.ts';
import { failureFields } from '../../lib/telemetry/failure-fields.ts';

describe('a log line about a failure', () => {
  it('has its code, its reason, its words, and no cause if there is none', () => {
    expect(failureFields(new Status('JOB_NOT_FOUND', 'job j1 was not found'))).toEqual({
      code: 'NOT_FOUND',
      reason: 'JOB_NOT_FOUND',
      error: 'job j1 was not found',
      cause: undefined,
    });
  });

  it('has the words of the whole chain of causes, and where each was raised', () => {
    const cause = new Error('the table sleeps', { cause: new TypeError('no pillow') });
    const fields = failureFields(new Status('STORE_UNAVAILABLE', 'the table cannot be reached', { cause }));
    expect(fields).toMatchObject({ code: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE' });
    expect(fields['cause']).toMatch(
      /^Error: the table sleeps\n +at .*; caused by TypeError: no pillow\n +at /s,
    );
  });

  it('never says INTERNAL alone: what was thrown, or where the failure was raised, is its cause', () => {
    const internal = { code: 'INTERNAL', reason: 'INTERNAL', error: 'internal error' };
    expect(failureFields(new TypeError('x is not a function'))).toMatchObject({
      ...internal,
      cause: expect.stringMatching(/^TypeError: x is not a function\n +at /),
    });
    expect(failureFields('just a text')).toEqual({ ...internal, cause: 'just a text' });
    expect(failureFields(undefined)).toMatchObject({ ...internal, cause: expect.stringContaining('Status') });
    expect(failureFields(new Status('INTERNAL', 'a bug'))).toMatchObject({
      error: 'a bug',
      cause: expect.stringMatching(/^Status: a bug\n +at /),
    });
  });
});
