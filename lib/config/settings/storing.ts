/** The table, and what is kept of jobs. */
import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { flag, integer, text } from '../value.ts';

export const table = {
  variable: 'JOB_TABLE',
  type: text(
    /^[A-Za-z0-9_.-]{3,255}$/,
    'the name of the DynamoDB table that holds the jobs: 3 to 255 letters, digits, and `_.-`',
  ),
  ...about({
    docs: 'where the jobs are; a deployment names it after the service and the stage unless it is set',
  }),
} as const satisfies Setting;

export const tombstoneDays = {
  variable: 'TOMBSTONE_DAYS',
  type: integer(1, 3650),
  fallback: 30,
  ...about({ docs: 'how long a deleted job is remembered, so that a late event does not bring it back' }),
} as const satisfies Setting;

export const redactEnvValues = {
  variable: 'REDACT_ENV_VALUES',
  type: flag,
  fallback: false,
  ...about({ docs: "replaces the values of jobs' environment variables before they are stored" }),
} as const satisfies Setting;
