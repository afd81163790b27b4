/**
 * Every setting of a deployment, by topic: the rows that processes read, and those that only shape what is deployed. Stages
 * differ from the defaults by `params` in serverless.yml, and a deployment from its stage by `--param name=value`.
 */
import type { Rows } from '../../../lib/config/setting.ts';
import * as access from '../../../lib/config/settings/access.ts';
import * as grpcOfServer from '../../../lib/config/settings/grpc.ts';
import * as logging from '../../../lib/config/settings/logging.ts';
import { redactEnvValues, table, tombstoneDays } from '../../../lib/config/settings/storing.ts';
import * as upstream from '../../../lib/config/settings/upstream.ts';
import { flag, integer, oneOf, text, type ValueType } from '../../../lib/config/value.ts';

const memoryMb = integer(128, 10_240);

const queueName = text(/^[A-Za-z0-9_.-]{3,64}$/, 'a name of 3 to 64 letters, digits, and `_.-`');

function arn(service: string, resource: string): ValueType<string> {
  return text(
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}`),
    `an ARN such as arn:aws:${service}:…:${resource}…`,
  );
}

const reading = {
  functionUrl: {
    type: flag,
    fallback: false,
    docs: "gives `get` an address of its own beside API Gateway's, as closed as that",
  },
  getMemoryMb: {
    type: memoryMb,
    fallback: 512,
    docs: 'memory of `get`, and with it its share of a CPU',
  },
  getReservedConcurrency: {
    type: integer(1, 100_000),
    docs: 'instances of `get` that are kept for it, and the most that it may have',
  },
} as const satisfies Rows;

const keepingCurrent = {
  bus: {
    type: text(/^[A-Za-z0-9_./-]{1,256}$/, 'the name of an EventBridge bus'),
    docs: 'a bus that is there already; one of its own unless it is set',
  },
  queue: {
    type: queueName,
    docs:
      'name of the queue, whose dead letters are in the queue of that name with `-dead-letters`; ' +
      'from the service and the stage unless it is set',
  },
  syncMemoryMb: { type: memoryMb, fallback: 512, docs: 'memory of `sync`' },
  syncTimeoutSeconds: {
    // Parts older than 150 s count as left behind by a crash: lib/dynamodb/parts-writer.ts.
    type: integer(5, 30),
    fallback: 30,
    docs: 'the longest that a batch may take',
  },
  syncBatchSize: { type: integer(1, 100), fallback: 100, docs: 'the most messages in a batch' },
  syncBatchWindowSeconds: {
    type: integer(0, 300),
    fallback: 1,
    docs: 'how long Lambda waits for a batch to fill',
  },
  syncMaxConcurrency: { type: integer(2, 1000), fallback: 10, docs: 'batches worked on at the same time' },
  visibilitySeconds: {
    type: integer(1, 43_200),
    fallback: 180,
    docs: 'after how long a message that was not done comes again',
  },
  maxReceives: {
    type: integer(1, 1000),
    fallback: 5,
    docs: 'after how many tries a message becomes a dead letter',
  },
  tombstoneDays,
  redactEnvValues,
} as const satisfies Rows;

const fromUpstream = {
  ...upstream,
  upstreamKeyKmsKey: {
    type: arn('kms', 'key/'),
    docs: "the key that the secret of `upstreamKeySecret` is encrypted with; AWS's own unless it is set",
  },
  refreshMemoryMb: { type: memoryMb, fallback: 256, docs: 'memory of `refresh`' },
} as const satisfies Rows;

const ofTable = {
  table,
  existingTable: {
    type: table.type,
    docs:
      'a table that is there already, such as one [restored from a backup](#restore-from-a-backup); ' +
      'one of its own unless it is set',
  },
  kmsKey: {
    type: arn('kms', 'key/'),
    docs: "the key that the table is encrypted with; DynamoDB's own unless it is set",
  },
  deletionProtection: {
    type: flag,
    fallback: false,
    docs: 'table and stack cannot be deleted; `true` on prod',
  },
} as const satisfies Rows;

const running = {
  ...logging,
  logRetentionDays: {
    // The ones that CloudWatch Logs takes.
    type: oneOf(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653),
    fallback: 30,
    docs: 'how long log lines are kept',
  },
  shift: {
    // CodeDeploy's ways of shifting traffic between versions of a function.
    type: oneOf(
      'AllAtOnce',
      'Canary10Percent5Minutes',
      'Canary10Percent10Minutes',
      'Canary10Percent15Minutes',
      'Canary10Percent30Minutes',
      'Linear10PercentEvery1Minute',
      'Linear10PercentEvery2Minutes',
      'Linear10PercentEvery3Minutes',
      'Linear10PercentEvery10Minutes',
    ),
    fallback: 'AllAtOnce',
    docs: 'how traffic moves to a new version; `Canary10Percent5Minutes` on prod',
  },
  alarmEmail: {
    type: text(/^[^@\s]+@[^@\s]+$/, 'a mail address'),
    docs: 'who is told of alarms; others can subscribe to the topic in the output `AlarmTopicArn`',
  },
  alarmSyncLagSeconds: {
    type: integer(1, 86_400),
    fallback: 60,
    docs: '[sync lag](#sync-lag) rings above it',
  },
  alarmQueueAgeSeconds: {
    type: integer(1, 1_209_600),
    fallback: 300,
    docs: '[queue age](#queue-age) rings above it',
  },
  alarmLatencyMs: { type: integer(1, 15_000), fallback: 1000, docs: '[latency](#latency) rings above it' },
  alarmCorrectedPercent: {
    type: integer(1, 100),
    fallback: 10,
    docs: '[consistency](#consistency) rings above it',
  },
} as const satisfies Rows;

const nativeGrpc = {
  grpc: {
    type: flag,
    fallback: false,
    docs: 'runs the native gRPC server on Fargate; needs `auth=jwt`, an image, a certificate, a VPC and subnets',
  },
  grpcImage: {
    type: text(/^\S+[:@]\S+$/, 'an image with its tag or digest'),
    docs: 'the image of the server',
  },
  grpcCertificate: { type: arn('acm', 'certificate/'), docs: "the load balancer's certificate" },
  grpcVpc: { type: text(/^vpc-[0-9a-f]+$/, 'a VPC id'), docs: 'where the server runs' },
  grpcSubnets: {
    type: text(
      /^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)+$/,
      'two or more subnet ids, such as subnet-1a,subnet-2b',
    ),
    docs: "the server's subnets, with commas",
  },
  grpcPublic: {
    type: flag,
    fallback: false,
    docs: 'the load balancer is reachable from the internet, and not from the VPC only',
  },
  grpcMinTasks: { type: integer(1, 100), fallback: 2, docs: 'containers that always run' },
  grpcMaxTasks: {
    type: integer(1, 100),
    fallback: 10,
    docs: 'the most containers; more come above 60 % CPU',
  },
  ...grpcOfServer,
} as const satisfies Rows;

/** Every setting of a deployment. */
export const topics = {
  'Who may read': access,
  Reading: reading,
  'Keeping current': keepingCurrent,
  'Reading from upstream': fromUpstream,
  'The table': ofTable,
  'Running it': running,
  'Native gRPC': nativeGrpc,
} satisfies Readonly<Record<string, Rows>>;

/** All of them by name. */
export function rowsOf(some: Readonly<Record<string, Rows>>): Rows {
  return Object.assign({}, ...Object.values(some)) as Rows;
}

type Topic = (typeof topics)[keyof typeof topics];

type NameIn<T> = T extends unknown ? keyof T : never;
export type SettingName = NameIn<Topic>;

/** What a template can hold of a value: the value itself, or the text that it was read from. */
type Given<T> = T extends string | number | boolean ? T : string;

type ValueOf<T, Name extends SettingName> =
  T extends Readonly<Record<Name, { readonly type: ValueType<infer Value> } & infer Row>>
    ? Given<Value> | (Row extends { readonly fallback: unknown } ? never : '')
    : never;

/** Every setting with its value, checked; one that is not set and has no default is empty. */
export type Settings = { readonly [Name in SettingName]: ValueOf<Topic, Name> };
