/**
 * Writes the code that is built from the `.proto` files, each piece into the room of lib/ that uses it:
 *
 * - `lib/protobuf/generated/schema.ts`: the fields of the messages, for the JSON writer, the masks and the requests;
 * - `lib/events/generated/job-event.ts`: protobufjs's own JSON form of JobEvent, to read events with;
 * - `lib/protocol/generated/descriptor-set.ts`: the FileDescriptorSet of the service and its errors, for gRPC reflection.
 *
 * Run by `npm run generate`, and by npm itself at the end of `npm ci`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { declarePackages } from './declare-packages.ts';

const protoRoot = import.meta.dirname;
const projectRoot = dirname(protoRoot);
const jobs = 'yandex/cloud/datasphere/v2/jobs/project_job_service.proto';
const jobEvent = 'datasphere/jobcache/v1/job_event.proto';
const rpcErrors = ['google/rpc/status.proto', 'google/rpc/error_details.proto'];
const note = '// Built from proto/ by `npm run generate`.\n';

function output(path: string): string {
  const file = join(projectRoot, path);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

function runTool(script: string, args: string[]): Buffer {
  return execFileSync(process.execPath, [createRequire(import.meta.url).resolve(script), ...args], {
    cwd: protoRoot,
    maxBuffer: 16 << 20,
  });
}

function buildDescriptorSet(paths: string[]): Uint8Array {
  const pathFlags = paths.flatMap((path) => ['--path', path]);
  return runTool('@bufbuild/buf/bin/buf', [
    'build',
    '--exclude-source-info',
    ...pathFlags,
    '-o',
    '-#format=binpb',
  ]);
}

/** Messages whose fields are known in lib/, each with all that it refers to. */
const messageTypes = ['Job', 'GetProjectJobRequest'].map((name) => `yandex.cloud.datasphere.v2.jobs.${name}`);

function writeSchema(descriptorSet: Uint8Array): void {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const packages = declarePackages(messageTypes.map((name) => registry.getMessage(name)!));
  const source = [
    note,
    "import type { Package } from '../field-declaration.ts';\n\n",
    `export const packages: Readonly<Record<string, Package>> = ${JSON.stringify(packages, null, 1)};\n`,
  ];
  writeFileSync(output('lib/protobuf/generated/schema.ts'), source.join(''));
}

function writeEventDescriptor(): void {
  const json = runTool('protobufjs-cli/bin/pbjs', ['-t', 'json', '-p', protoRoot, jobEvent]);
  const source = `${note}export const jobEventDescriptor = ${json.toString()};\n`;
  writeFileSync(output('lib/events/generated/job-event.ts'), source);
}

function writeReflectionDescriptors(descriptorSet: Uint8Array): void {
  const base64 = Buffer.from(descriptorSet).toString('base64');
  const source = `${note}/** A google.protobuf.FileDescriptorSet of the service, its errors, and all that they import, in base64. */\nexport const descriptorSet =\n  '${base64}';\n`;
  writeFileSync(output('lib/protocol/generated/descriptor-set.ts'), source);
}

const serviceDescriptors = buildDescriptorSet([jobs, ...rpcErrors]);
writeSchema(serviceDescriptors);
writeEventDescriptor();
writeReflectionDescriptors(serviceDescriptors);
