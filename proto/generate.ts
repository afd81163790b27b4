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
import {
  createFileRegistry,
  fromBinary,
  ScalarType,
  toBinary,
  type DescEnum,
  type DescField,
  type DescMessage,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { jsonNameOf, type PlainKind } from '../lib/protobuf/declarations.ts';

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

const wellKnown: Readonly<Record<string, PlainKind>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
};

const scalars: Readonly<Partial<Record<ScalarType, PlainKind>>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BYTES]: 'bytes',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.INT32]: 'int32',
  [ScalarType.INT64]: 'int64',
};

/** What a field holds. Throws for a construct that lib/protobuf does not know how to read and write. */
function typeOf(field: DescField): PlainKind | DescMessage | DescEnum {
  const isList = field.fieldKind === 'list';
  const element = isList ? field.listKind : field.fieldKind;
  if (field.message) return wellKnown[field.message.typeName] ?? field.message;
  // Lists of numbers are packed, which lib/protobuf does not know.
  if (field.enum && !isList) return field.enum;
  const scalar = element === 'scalar' && field.scalar ? scalars[field.scalar] : undefined;
  if (scalar && (!isList || scalar === 'string')) return scalar;
  if (element === 'map' && field.fieldKind === 'map') {
    const stringToString = field.mapKey === ScalarType.STRING && field.scalar === ScalarType.STRING;
    if (stringToString) return 'map<string,string>';
  }
  throw new Error(`${field.toString()}: lib/protobuf/declarations.ts has no kind for it`);
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
  const names = new Map<DescMessage | DescEnum, string>();
  const sources = [note, "import type { MessageDeclaration } from '../declarations.ts';\n"];
  /** Declares a type after all that it refers to. A message that holds itself would not compile. */
  const declare = (type: DescMessage | DescEnum): string => {
    const known = names.get(type);
    if (known !== undefined) return known;
    const name = `${type.name}${type.kind === 'message' ? 'Schema' : 'Names'}`;
    names.set(type, name);
    const value = type.kind === 'message' ? messageSource(type) : enumSource(type);
    sources.push(`export const ${name} = ${value};\n`);
    return name;
  };
  const enumSource = ({ values }: DescEnum): string =>
    `${JSON.stringify(Object.fromEntries(values.map(({ number, name }) => [number, name])))} as const`;
  const messageSource = ({ name, fields }: DescMessage): string => {
    const lines = [...fields]
      .sort((a, b) => a.number - b.number)
      .map((field) => `  ${fieldSource(field)},\n`);
    return `{ name: '${name}', fields: [\n${lines.join('')}] } as const satisfies MessageDeclaration`;
  };
  const fieldSource = (field: DescField): string => {
    const type = typeOf(field);
    const key = typeof type === 'string' ? 'kind' : type.kind === 'message' ? 'message' : 'values';
    const value = typeof type === 'string' ? `'${type}'` : declare(type);
    if (field.jsonName !== jsonNameOf(field))
      throw new Error(`${field.toString()} has a json_name of its own`);
    const repeated = field.fieldKind === 'list' ? ', repeated: true' : '';
    const oneof = field.oneof ? `, oneof: '${field.oneof.name}'` : '';
    return `{ number: ${field.number}, name: '${field.name}', ${key}: ${value}${repeated}${oneof} }`;
  };
  for (const name of declared) declare(registry.getMessage(name)!);
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
