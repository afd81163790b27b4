/** Where IAM tokens for upstream come from if not from `upstreamKeySecret`; set by hand. */
import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { anyText, flag } from '../value.ts';

export const upstreamServiceAccountKey = {
  variable: 'UPSTREAM_SERVICE_ACCOUNT_KEY',
  type: anyText,
  ...about({ docs: "the service account's key itself, in JSON" }),
} as const satisfies Setting;

export const upstreamIamToken = {
  variable: 'UPSTREAM_IAM_TOKEN',
  type: anyText,
  ...about({ docs: 'a token that is used as it is and never renewed' }),
} as const satisfies Setting;

export const upstreamInstanceToken = {
  variable: 'UPSTREAM_INSTANCE_TOKEN',
  type: flag,
  fallback: false,
  ...about({ docs: "if it is `true`, tokens come from the instance's metadata service" }),
} as const satisfies Setting;
