/**
 * Writes the code that is built from the `.proto` files, each piece into the room of lib/ that uses it:
 *
 * - `lib/protobuf/generated/schema.ts`: the fields of every message in the Job's tree, for the JSON writer and the masks;
 * - `lib/events/generated/job-event.ts`: protobufjs's own JSON form of JobEvent, to read events with;
 * - `lib/protocol/generated/descriptor-set.ts`: the FileDescriptorSet of the service and its errors, for gRPC reflection.
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
  type DescEnum,
  type DescField,
  type DescMessage,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { FieldDeclaration, FieldKind } from '../lib/protobuf/field-declaration.ts';

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

const wellKnown: Readonly<Record<string, FieldKind>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
};

const scalars: Readonly<Partial<Record<ScalarType, FieldKind>>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.INT64]: 'int64',
};

/** The kind of a field, and the type it refers to. Throws for a construct that lib/protobuf does not know how to write. */
function kindOf(field: DescField): { kind: FieldKind; refersTo?: DescMessage | DescEnum } {
  const element = field.fieldKind === 'list' ? field.listKind : field.fieldKind;
  if (field.message) {
    const kind = wellKnown[field.message.typeName];
    return kind === undefined ? { kind: 'message', refersTo: field.message } : { kind };
  }
  if (field.enum) return { kind: 'enum', refersTo: field.enum };
  const scalar = element === 'scalar' ? scalars[field.scalar] : undefined;
  if (scalar) return { kind: scalar };
  if (element === 'map' && field.fieldKind === 'map') {
    const stringToString = field.mapKey === ScalarType.STRING && field.scalar === ScalarType.STRING;
    if (stringToString) return { kind: 'map<string,string>' };
  }
  throw new Error(`${field.toString()}: lib/protobuf/field-declaration.ts has no kind for it`);
}

function writeSchema(descriptorSet: Uint8Array): void {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const messages: Record<string, FieldDeclaration[]> = {};
  const enums: Record<string, Record<number, string>> = {};
  const addEnum = (type: DescEnum): void => {
    enums[type.name] = Object.fromEntries(type.values.map((value) => [value.number, value.name]));
  };
  const addMessage = (type: DescMessage): void => {
    if (messages[type.name]) return;
    const fields = (messages[type.name] = [] as FieldDeclaration[]);
    for (const field of [...type.fields].sort((a, b) => a.number - b.number)) {
      const { kind, refersTo } = kindOf(field);
      fields.push({
        number: field.number,
        name: field.name,
        jsonName: field.jsonName,
        kind,
        ...(field.fieldKind === 'list' && { repeated: true }),
        ...(field.oneof && { oneof: field.oneof.name }),
        ...(refersTo && { type: refersTo.name }),
      });
      if (refersTo?.kind === 'message') addMessage(refersTo);
      if (refersTo?.kind === 'enum') addEnum(refersTo);
    }
  };
  addMessage(registry.getMessage('yandex.cloud.datasphere.v2.jobs.Job')!);
  addMessage(registry.getMessage('yandex.cloud.datasphere.v2.jobs.GetProjectJobRequest')!);
  const source = [
    note,
    "import type { FieldDeclaration } from '../field-declaration.ts';\n\n",
    `export const messages: Readonly<Record<string, readonly FieldDeclaration[]>> = ${JSON.stringify(messages, null, 1)};\n\n`,
    `export const enums: Readonly<Record<string, Readonly<Record<number, string>>>> = ${JSON.stringify(enums, null, 1)};\n`,
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
