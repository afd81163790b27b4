/** Reading from upstream. */
import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { anyText, flag, integer, list, numberOf, text, url } from '../value.ts';

export const upstream = {
  variable: 'UPSTREAM_ENDPOINT',
  type: text(
    /^([^\s/:[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/,
    'a host:port, such as datasphere.api.cloud.yandex.net:443',
  ),
  ...about({
    docs: 'the DataSphere API, which jobs are read from ([upstream.md](upstream.md)); events only unless it is set',
  }),
} as const satisfies Setting;

export const upstreamProjects = {
  variable: 'UPSTREAM_PROJECTS',
  type: list('a list of project ids, with commas', (item) => /^[\w-]{1,64}$/.test(item)),
  ...about({
    readers: ['get', 'refresh', 'grpc'],
    docs: 'the projects whose running jobs are looked at, and whose jobs are read through; needed with `upstream`',
  }),
} as const satisfies Setting;

export const upstreamKeySecret = {
  variable: 'UPSTREAM_KEY_SECRET',
  type: anyText,
  ...about({
    docs:
      "the ARN of the secret with the service account's authorised key, as `yc iam key create` writes it; " +
      'needed with `upstream`',
  }),
} as const satisfies Setting;

export const upstreamIamEndpoint = {
  variable: 'UPSTREAM_IAM_ENDPOINT',
  type: url('the base address of the IAM API'),
  ...about({
    docs: "where tokens are got, from the IAM API or the metadata service; the public cloud's unless it is set",
  }),
} as const satisfies Setting;

export const upstreamRootCerts = {
  variable: 'UPSTREAM_ROOT_CERTS',
  type: anyText,
  ...about({
    docs: "the trusted CAs of upstream in PEM, or in the variable the path of a file of them; Node's own unless it is set",
  }),
} as const satisfies Setting;

export const upstreamCallsPerSecond = {
  variable: 'UPSTREAM_CALLS_PER_SECOND',
  type: numberOf(/^\d{1,4}(\.\d{1,3})?$/, 'a number', 0.01, 1000),
  fallback: 5,
  ...about({ docs: 'calls upstream of all processes together; four fifths of the quota' }),
} as const satisfies Setting;

export const upstreamMaxCalls = {
  variable: 'UPSTREAM_MAX_CALLS',
  type: integer(1, 1000),
  fallback: 8,
  ...about({ docs: 'calls upstream that one process has under way' }),
} as const satisfies Setting;

export const refreshSeconds = {
  variable: 'REFRESH_SECONDS',
  type: integer(2, 3600),
  fallback: 10,
  ...about({
    readers: ['get', 'refresh', 'grpc'],
    docs: 'from one look at the running jobs to the next',
  }),
} as const satisfies Setting;

export const readThrough = {
  variable: 'READ_THROUGH',
  type: flag,
  fallback: false,
  ...about({
    readers: ['get', 'grpc'],
    docs: 'a Get of a job that the table does not have asks upstream',
  }),
} as const satisfies Setting;
