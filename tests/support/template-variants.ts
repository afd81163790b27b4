/** What a deployment may look like, packaged by the real CLI. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../infra/local/deployment.ts';
import { serviceFiles, serviceFolders } from '../rehearsal/service-folder.ts';
import type { Template } from '../template/template.ts';
import { packageService, readTemplate } from './serverless-cli.ts';

const cache = join(projectRoot, 'node_modules/.cache/packaged');

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

/** The templates of some variants, by the variants' names. */
export async function packageVariants(names: readonly string[]): Promise<ReadonlyMap<string, Template>> {
  const templates = new Map<string, Template>();
  for (const name of names) templates.set(name, await readTemplate(await packageVariant(name)));
  return templates;
}

/**
 * Packages a variant, unless that was done before from the same sources: by another file of tests, or by the run before.
 *
 * @returns the folder of the artifacts, which is to be left as it is
 */
export async function packageVariant(name: string): Promise<string> {
  const [, stage, settings] = variants.find(([one]) => one === name)!;
  const sources = join(cache, await digestOfSources());
  const folder = join(sources, stage);
  if (existsSync(folder)) return folder;
  await mkdir(sources, { recursive: true });
  for (const other of await readdir(cache))
    if (join(cache, other) !== sources) await rm(join(cache, other), { recursive: true, force: true });
  const own = await mkdtemp(`${folder}-`);
  await packageService(own, stage, settings);
  // Where another process was quicker, its folder stays.
  await rename(own, folder).catch(() => rm(own, { recursive: true }));
  return folder;
}

/** Of everything that artifacts are made of; the lockfile stands for the packages. */
async function digestOfSources(): Promise<string> {
  const folders = serviceFolders.filter((name) => name !== 'node_modules');
  const digest = createHash('sha256').update(process.version + JSON.stringify(variants));
  for (const path of [...serviceFiles, 'package-lock.json', ...folders]) {
    const inside = folders.includes(path)
      ? await readdir(join(projectRoot, path), { recursive: true })
      : [''];
    for (const file of inside.toSorted().map((one) => join(projectRoot, path, one)))
      if ((await stat(file)).isFile()) digest.update(file).update(await readFile(file));
  }
  return digest.digest('hex');
}
