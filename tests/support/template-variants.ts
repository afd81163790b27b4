/** What a deployment may look like, packaged by the real CLI. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template } from '../template/template.ts';
import { packageService, readTemplate } from './serverless-cli.ts';

const tokens = {
  auth: 'jwt',
  jwtIssuer: 'https://issuer.example',
  jwtAudience: 'jobs',
  jwtJwksUri: 'https://issuer.example/keys',
};

const fed = {
  upstream: 'datasphere.api.cloud.yandex.net:443',
  upstreamProjects: 'bt1project',
  upstreamKeySecret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:upstream-1a2b3c',
  readThrough: 'true',
};

/** Every optional part is in one of them, and each setting of a deployment has a value that no other has. */
export const variants: readonly (readonly [
  name: string,
  stage: string,
  settings: Readonly<Record<string, string>>,
])[] = [
  ['a plain dev stage', 'dev', {}],
  ['a plain prod stage', 'prod', {}],
  [
    'a stage with a signed function URL and a key',
    'signed',
    {
      functionUrl: 'true',
      kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/1a2b',
      bus: 'the-company-bus',
      queue: 'the-company-queue',
    },
  ],
  ['a stage with a table that was restored', 'restored', { existingTable: 'jobs-restored' }],
  [
    'a stage that is fed by upstream, with keys',
    'fed',
    {
      ...fed,
      upstreamKeyKmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/3c4d',
      kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/1a2b',
    },
  ],
  [
    'a stage with everything else',
    'full',
    {
      ...tokens,
      ...fed,
      refreshSeconds: '30',
      refreshMemoryMb: '333',
      functionUrl: 'true',
      getMemoryMb: '1333',
      getReservedConcurrency: '57',
      syncMemoryMb: '777',
      syncTimeoutSeconds: '17',
      syncBatchSize: '87',
      syncBatchWindowSeconds: '13',
      syncMaxConcurrency: '37',
      visibilitySeconds: '211',
      maxReceives: '47',
      deletionProtection: 'true',
      logRetentionDays: '545',
      shift: 'Linear10PercentEvery3Minutes',
      alarmEmail: 'oncall@example.com',
      alarmSyncLagSeconds: '71',
      alarmQueueAgeSeconds: '311',
      alarmLatencyMs: '1111',
      alarmCorrectedPercent: '19',
      grpc: 'true',
      grpcImage: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/jobs:1',
      grpcCertificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/abc',
      grpcVpc: 'vpc-1a2b',
      grpcSubnets: 'subnet-1a,subnet-2b',
      grpcPublic: 'true',
      grpcMinTasks: '11',
      grpcMaxTasks: '23',
      grpcMaxCalls: '200',
      grpcSharedReadMs: '0',
    },
  ],
];

/** Packages some variants; gives their templates by the variants' names. */
export async function packageVariants(names: readonly string[]): Promise<ReadonlyMap<string, Template>> {
  const folder = await mkdtemp(join(tmpdir(), 'template-'));
  const templates = new Map<string, Template>();
  try {
    for (const [name, stage, settings] of variants.filter(([one]) => names.includes(one))) {
      await packageService(join(folder, stage), stage, settings);
      templates.set(name, await readTemplate(join(folder, stage)));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return templates;
}
