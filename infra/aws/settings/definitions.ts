/**
 * Every setting of a deployment, its default and what it may be. Stages differ from the defaults by `params` in
 * serverless.yml, and a deployment from its stage by `--param name=value`. docs/operations.md explains each.
 */
import {
  arn,
  decimal,
  flag,
  integer,
  jsonObject,
  oneOf,
  optional,
  text,
  url,
  type ValueType,
} from './value.ts';

/** The ones that CloudWatch Logs takes. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653,
] as const;

/** CodeDeploy's ways of shifting traffic between versions of a function. */
const shifts = [
  'AllAtOnce',
  'Canary10Percent5Minutes',
  'Canary10Percent10Minutes',
  'Canary10Percent15Minutes',
  'Canary10Percent30Minutes',
  'Linear10PercentEvery1Minute',
  'Linear10PercentEvery2Minutes',
  'Linear10PercentEvery3Minutes',
  'Linear10PercentEvery10Minutes',
] as const;

const name = text(/^[A-Za-z0-9_.-]{3,64}$/, 'a name of 3 to 64 letters, digits, and _ . -');
const memoryMb = integer(128, 10_240);

/** Lists are given with commas. */
const subnets = text(
  /^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)+$/,
  'two or more subnet ids, such as subnet-1a,subnet-2b',
);

const define = <T extends string | number | boolean>(fallback: T, type: ValueType<T>) => ({ fallback, type });

export const definitions = {
  // Who may read.
  auth: define('iam', oneOf('iam', 'jwt', 'none')),
  jwtIssuer: define('', optional(text(/^\S+$/, 'the issuer of the tokens'))),
  jwtAudience: define('', optional(text(/^\S+$/, 'the audience of the tokens'))),
  jwtJwksUri: define('', optional(url)),
  jwtProjectsClaim: define('project_ids', text(/^\S+$/, 'the name of a claim')),
  iamProjects: define('', optional(jsonObject)),
  corsOrigins: define(
    '',
    optional(text(/^\S+$/, 'origins such as https://dashboard.example.org, with commas')),
  ),

  // Reading.
  functionUrl: define(false, flag),
  getMemoryMb: define(512, memoryMb),
  getReservedConcurrency: define<number | ''>('', optional(integer(1, 100_000))),

  // Keeping current.
  bus: define('', optional(text(/^[A-Za-z0-9_./-]{1,256}$/, 'the name of an EventBridge bus'))),
  queue: define('', optional(name)),
  syncMemoryMb: define(512, memoryMb),
  // Parts older than 150 s count as left behind by a crash: lib/dynamodb/parts-writer.ts.
  syncTimeoutSeconds: define(30, integer(5, 30)),
  syncBatchSize: define(100, integer(1, 100)),
  syncBatchWindowSeconds: define(1, integer(0, 300)),
  syncMaxConcurrency: define(10, integer(2, 1000)),
  visibilitySeconds: define(180, integer(1, 43_200)),
  maxReceives: define(5, integer(1, 1000)),
  tombstoneDays: define(30, integer(1, 3650)),
  redactEnvValues: define(false, flag),

  // Reading from upstream.
  upstream: define('', optional(text(/^[^\s/:]+:\d{1,5}$/, 'a host:port'))),
  upstreamProjects: define('', optional(text(/^[\w-]{1,64}(,[\w-]{1,64})*$/, 'project ids, with commas'))),
  upstreamKeySecret: define('', optional(arn('secretsmanager', 'secret:'))),
  upstreamKeyKmsKey: define('', optional(arn('kms', 'key/'))),
  upstreamIamEndpoint: define('', optional(url)),
  upstreamRootCerts: define('', optional(text(/^-----BEGIN CERTIFICATE-----[^]+$/, 'certificates in PEM'))),
  upstreamCallsPerSecond: define(5, decimal(0.01, 1000)),
  upstreamMaxCalls: define(8, integer(1, 1000)),
  refreshSeconds: define(10, integer(2, 3600)),
  refreshMemoryMb: define(256, memoryMb),
  readThrough: define(false, flag),

  // The table.
  table: define('', optional(name)),
  existingTable: define('', optional(name)),
  kmsKey: define('', optional(arn('kms', 'key/'))),
  deletionProtection: define(false, flag),

  // Running it.
  logLevel: define('info', oneOf('debug', 'info', 'warn', 'error')),
  logRetentionDays: define(30, oneOf(...retentionDays)),
  shift: define('AllAtOnce', oneOf(...shifts)),
  alarmEmail: define('', optional(text(/^[^@\s]+@[^@\s]+$/, 'a mail address'))),
  alarmSyncLagSeconds: define(60, integer(1, 86_400)),
  alarmQueueAgeSeconds: define(300, integer(1, 1_209_600)),
  alarmLatencyMs: define(1000, integer(1, 15_000)),
  alarmCorrectedPercent: define(10, integer(1, 100)),

  // Native gRPC.
  grpc: define(false, flag),
  grpcImage: define('', optional(text(/^\S+[:@]\S+$/, 'an image with its tag or digest'))),
  grpcCertificate: define('', optional(arn('acm', 'certificate/'))),
  grpcVpc: define('', optional(text(/^vpc-[0-9a-f]+$/, 'a VPC id'))),
  grpcSubnets: define('', optional(subnets)),
  grpcPublic: define(false, flag),
  grpcMinTasks: define(2, integer(1, 100)),
  grpcMaxTasks: define(10, integer(1, 100)),
  grpcMaxCalls: define(500, integer(1, 100_000)),
  grpcSharedReadMs: define(50, integer(0, 60_000)),
} as const;

export type SettingName = keyof typeof definitions;

/** Every setting with its value, checked. */
export type Settings = {
  readonly [Name in SettingName]: (typeof definitions)[Name] extends { readonly type: ValueType<infer T> }
    ? T
    : never;
};
