/** The types of a `.proto` that stands in a test: for clients that nobody here wrote, and as lib/protobuf has them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileRegistry, fromBinary, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { messageType, type Message } from '../../lib/protobuf/schema.ts';
import { declareMessages } from '../../proto/declare-messages.ts';

export interface ParsedProto {
  readonly type: (fullName: string) => Message;
  readonly service: (fullName: string) => DescService;
}

export function parseProto(text: string): ParsedProto {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, compile(text)));
  return {
    type(name) {
      const type = registry.getMessage(name)!;
      return messageType(declareMessages([type]).messages.get(type)!);
    },
    service: (name) => registry.getService(name)!,
  };
}

function compile(text: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'proto-'));
  try {
    writeFileSync(join(folder, 'types.proto'), text);
    const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
    return execFileSync(process.execPath, [buf, 'build', folder, '-o', '-#format=binpb']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
