/** protobufjs's static code of the service's messages, as `pbjs -t static-module` writes it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { projectRoot } from '../../support/local-stack.ts';

export interface StaticMessage {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
}

export interface StaticMessages {
  readonly Job: StaticMessage;
  readonly GetProjectJobRequest: StaticMessage;
}

const folder = join(import.meta.dirname, '../generated');
const file = join(folder, 'jobs.js');

/** Writes the code, from the `.proto` files as they are now. */
export function generateStaticCode(): void {
  mkdirSync(folder, { recursive: true });
  const pbjs = createRequire(import.meta.url).resolve('protobufjs-cli/bin/pbjs');
  const shape = ['-t', 'static-module', '-w', 'esm', '--dependency', 'protobufjs/minimal.js'];
  const protoRoot = join(projectRoot, 'proto');
  const source = join(protoRoot, 'yandex/cloud/datasphere/v2/jobs/project_job_service.proto');
  execFileSync(process.execPath, [pbjs, ...shape, '-p', protoRoot, '-o', file, source]);
}

/** Imports the code that `generateStaticCode` wrote. */
export async function importStaticCode(): Promise<StaticMessages> {
  const { yandex } = (await import(file)) as {
    yandex: { cloud: { datasphere: { v2: { jobs: StaticMessages } } } };
  };
  return yandex.cloud.datasphere.v2.jobs;
}
