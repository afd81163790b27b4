/** What `serverless.yml` says, as the serverless CLI resolves it. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../lib/config/environment.ts';
import { localStage } from '../aws/settings/read-settings.ts';

export const projectRoot = join(import.meta.dirname, '..', '..');

/** The script of the CLI. Run with Node directly, it is one process that can be stopped by its id. */
export const serverlessScript = join(
  dirname(createRequire(import.meta.url).resolve('serverless/package.json')),
  'bin/serverless.js',
);

/** A CloudFormation resource. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** An event source mapping from a queue, in the words of the CLI. */
export interface QueueTrigger {
  readonly arn: unknown;
  readonly batchSize?: number;
  /** Seconds to wait for a batch to fill. */
  readonly maximumBatchingWindow?: number;
  readonly functionResponseType?: string;
}

export interface Deployment {
  readonly service: string;
  readonly functions: Readonly<
    Record<
      string,
      {
        readonly events: readonly {
          readonly sqs?: QueueTrigger;
          readonly httpApi?: unknown;
          readonly schedule?: { readonly rate: string | readonly string[] };
        }[];
      }
    >
  >;
  /** What the gRPC server is told, as a container of this stage would be. */
  readonly custom: { readonly settings: { readonly environment: { readonly grpc: Environment } } };
  /** By logical id. */
  readonly resources: Readonly<Record<string, Resource>>;
}

/** Settings that differ from those of the local stage, by name. */
export type LocalSettings = Readonly<Record<string, string>>;

/** The settings as arguments of the CLI. */
export function paramFlags(settings: LocalSettings): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
}

/** Resolves `serverless.yml` for the local stage. */
export async function readDeployment(settings: LocalSettings = {}): Promise<Deployment> {
  const print = [serverlessScript, 'print', '--stage', localStage, '--format', 'json'];
  const command = [...print, ...paramFlags(settings)];
  const options = { cwd: projectRoot, timeout: 60_000, maxBuffer: 16 << 20 };
  const { stdout } = await promisify(execFile)(process.execPath, command, options);
  const { resources, ...rest } = JSON.parse(stdout) as Omit<Deployment, 'resources'> & {
    readonly resources: { readonly Resources: Deployment['resources'] };
  };
  return { ...rest, resources: resources.Resources };
}

export function resourcesOfType(deployment: Deployment, type: string): readonly [string, Resource][] {
  return Object.entries(deployment.resources).filter(([, resource]) => resource.Type === type);
}

/** The logical id that `!GetAtt Id.Arn` names. */
export function referredId(value: unknown): string {
  const attribute = (value as { readonly 'Fn::GetAtt'?: readonly string[] | string })['Fn::GetAtt'];
  const id = typeof attribute === 'string' ? attribute.split('.')[0] : attribute?.[0];
  if (id === undefined) throw new Error(`not a reference to a resource: ${JSON.stringify(value)}`);
  return id;
}
