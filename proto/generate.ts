/**
 * Writes the code that is built from the `.proto` files, each piece into the room of lib/ that uses it:
 *
 * - `lib/protobuf/generated/schema.ts`: the fields of every message that lib/ reads or writes;
 * - `lib/events/generated/job-event.ts`: protobufjs's own JSON form of JobEvent, to read events with;
 * - `lib/protocol/generated/file-descriptors.ts`: the `.proto` files of the service and its errors, for gRPC reflection.
 *
 * Run by `npm run generate`, and by npm itself at the end of `npm ci`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { FieldDeclaration } from '../lib/protobuf/declarations.ts';
import { declareMessages } from './declare-messages.ts';

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

/** The messages that lib/ reads or writes, and all that are in them. What a bundle does not use is left out of it. */
const declared = [
  ...['Job', 'GetProjectJobRequest', 'ListProjectJobRequest', 'ListProjectJobResponse'].map(
    (name) => `yandex.cloud.datasphere.v2.jobs.${name}`,
  ),
  ...['Status', 'BadRequest', 'ErrorInfo', 'RequestInfo', 'RetryInfo'].map((name) => `google.rpc.${name}`),
  'google.protobuf.Timestamp',
];

function writeDeclarations(descriptorSet: Uint8Array): void {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const { messages, enums } = declareMessages(declared.map((name) => registry.getMessage(name)!));
  const packages = [...new Set(Array.from(messages.values(), ({ package: name }) => name))];
  const names = new Map<unknown, string>(packages.map((name, index) => [name, `package${index}`]));
  for (const [{ name }, values] of enums) names.set(values, `${name}Names`);
  for (const [{ name }, message] of messages) names.set(message, `${name}Schema`);
  const fieldSource = (field: FieldDeclaration): string => {
    const members = Object.entries(field).map(
      ([key, value]) => `${key}: ${names.get(value) ?? JSON.stringify(value)}`,
    );
    return `  { ${members.join(', ')} },\n`;
  };
  const sources = [
    note,
    "import type { MessageDeclaration } from '../declarations.ts';\n",
    ...packages.map((name) => `const ${names.get(name)!} = '${name}';\n`),
    ...Array.from(
      enums.values(),
      (values) => `export const ${names.get(values)!} = ${JSON.stringify(values)} as const;\n`,
    ),
    ...Array.from(messages.values(), (message) => {
      const fields = message.fields.map(fieldSource).join('');
      const heading = `package: ${names.get(message.package)!}, name: '${message.name}'`;
      return `export const ${names.get(message)!} = { ${heading}, fields: [\n${fields}] } as const satisfies MessageDeclaration;\n`;
    }),
  ];
  writeFileSync(output('lib/protobuf/generated/schema.ts'), sources.join('\n'));
}

function writeEventDescriptor(): void {
  const json = runTool('protobufjs-cli/bin/pbjs', ['-t', 'json', '-p', protoRoot, jobEvent]);
  const source = `${note}export const jobEventDescriptor = ${json.toString()};\n`;
  writeFileSync(output('lib/events/generated/job-event.ts'), source);
}

function writeReflectionDescriptors(descriptorSet: Uint8Array): void {
  const files = fromBinary(FileDescriptorSetSchema, descriptorSet).file.map(
    (file) => `  '${Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64')}',\n`,
  );
  const source = `${note}/** The google.protobuf.FileDescriptorProto of each file of the service, its errors, and all that they import, in base64. */\nexport const fileDescriptors = [\n${files.join('')}];\n`;
  writeFileSync(output('lib/protocol/generated/file-descriptors.ts'), source);
}

const serviceDescriptors = buildDescriptorSet([jobs, ...rpcErrors]);
writeDeclarations(serviceDescriptors);
writeEventDescriptor();
writeReflectionDescriptors(serviceDescriptors);
