/** The design's error table, as cases to be tried over every protocol. */
import type { Code } from '../../lib/runtime/status.ts';
import type { Verdict } from './dynamodb-proxy.ts';
import { jobIds } from './service.ts';

export interface ErrorCase {
  readonly when: string;
  readonly jobId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the table does meanwhile. */
  readonly table?: Verdict;
  readonly timeoutMs?: number;
  readonly code: Code;
  /** A part of the message. */
  readonly message: string;
  /** The field that a BadRequest detail names. */
  readonly field?: string;
  readonly retryInfo?: true;
}

const badId = 'may only have letters, digits, hyphens and underscores';

export const errorCases: readonly ErrorCase[] = [
  {
    when: 'the id is empty',
    jobId: '',
    code: 'INVALID_ARGUMENT',
    message: 'must not be empty',
    field: 'job_id',
  },
  {
    when: 'the id is too long',
    jobId: 'a'.repeat(65),
    code: 'INVALID_ARGUMENT',
    message: 'must be at most 64 characters long, has 65',
    field: 'job_id',
  },
  { when: 'the id has a slash', jobId: 'a/b', code: 'INVALID_ARGUMENT', message: badId, field: 'job_id' },
  { when: 'the id has a NUL', jobId: 'a\0b', code: 'INVALID_ARGUMENT', message: badId, field: 'job_id' },
  {
    when: 'the id has odd characters',
    jobId: 'работа 1',
    code: 'INVALID_ARGUMENT',
    message: badId,
    field: 'job_id',
  },
  {
    when: 'the id has a line break at its end',
    jobId: 'plain-job\n',
    code: 'INVALID_ARGUMENT',
    message: badId,
    field: 'job_id',
  },
  {
    when: 'the mask has an unknown path',
    metadata: { 'x-field-mask': 'status,nope' },
    code: 'INVALID_ARGUMENT',
    message: 'Job has no field "nope"',
    field: 'x-field-mask',
  },
  {
    when: 'the revision is no number',
    metadata: { 'x-min-revision': 'seven' },
    code: 'INVALID_ARGUMENT',
    message: 'must be a revision',
    field: 'x-min-revision',
  },
  {
    when: 'the revision does not fit in 64 bits',
    metadata: { 'x-min-revision': '9223372036854775808' },
    code: 'INVALID_ARGUMENT',
    message: 'must be a revision',
    field: 'x-min-revision',
  },
  {
    when: 'the consistent read is neither true nor false',
    metadata: { 'x-consistent-read': 'yes' },
    code: 'INVALID_ARGUMENT',
    message: 'must be true or false',
    field: 'x-consistent-read',
  },
  {
    when: 'the token does not verify',
    metadata: { authorization: 'Bearer bad' },
    code: 'UNAUTHENTICATED',
    message: 'the token does not verify',
  },
  {
    when: 'there is no such job',
    jobId: 'no-such-job',
    code: 'NOT_FOUND',
    message: 'job no-such-job was not found',
  },
  {
    when: 'the job is not visible yet',
    jobId: jobIds.invisible,
    code: 'NOT_FOUND',
    message: `job ${jobIds.invisible} was not found`,
  },
  {
    when: 'the job was deleted',
    jobId: jobIds.deleted,
    code: 'NOT_FOUND',
    message: `job ${jobIds.deleted} was not found`,
  },
  {
    when: 'the job is in a project of others',
    jobId: jobIds.otherProject,
    code: 'NOT_FOUND',
    message: `job ${jobIds.otherProject} was not found`,
  },
  {
    when: 'the revision is not reflected yet',
    metadata: { 'x-min-revision': '8' },
    code: 'UNAVAILABLE',
    message: 'does not reflect revision 8 yet',
    retryInfo: true,
  },
  {
    when: 'a late patch is not reflected, though a later one is',
    jobId: 'patched-job',
    metadata: { 'x-min-revision': '8' },
    code: 'UNAVAILABLE',
    message: 'does not reflect revision 8 yet',
    retryInfo: true,
  },
  {
    when: 'the table is throttled',
    table: 'throttle',
    code: 'UNAVAILABLE',
    message: 'the job table cannot be reached at the moment',
    retryInfo: true,
  },
  { when: 'the deadline passes', table: 'hang', timeoutMs: 400, code: 'DEADLINE_EXCEEDED', message: '' },
];
