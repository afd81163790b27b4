/** What was measured on. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../support/local-stack.ts';

const packages = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/lib-dynamodb',
  '@middy/core',
  '@aws-lambda-powertools/logger',
  'electrodb',
  'dynamodb-toolbox',
  '@bufbuild/protobuf',
  'protobufjs',
  '@grpc/grpc-js',
  '@connectrpc/connect-node',
  'esbuild',
  'dynalite',
];

export interface Machine {
  readonly cpu: string;
  readonly platform: string;
  readonly node: string;
  /** Versions by package. */
  readonly packages: Readonly<Record<string, string>>;
  readonly date: string;
}

export function describeMachine(): Machine {
  const [cpu] = cpus();
  return {
    cpu: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}`,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Read as a file: not every package exports its package.json. */
function versionOf(name: string): string {
  const file = readFileSync(join(projectRoot, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(file) as { readonly version: string }).version;
}
