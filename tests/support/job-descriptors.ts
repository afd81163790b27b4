import {
  create,
  createFileRegistry,
  fromBinary,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptors } from '../../lib/protocol/generated/file-descriptors.ts';

/** The service's descriptors as another implementation of protobuf reads them. */
export const registry = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: fileDescriptors.map((file) => fromBinary(FileDescriptorProtoSchema, Buffer.from(file, 'base64'))),
  }),
);

/** A message of google.rpc, as another implementation of protobuf decodes it. */
export function decodeRpcMessage(
  name: 'Status' | 'BadRequest' | 'ErrorInfo' | 'RequestInfo' | 'RetryInfo',
  bytes: Uint8Array,
) {
  return fromBinary(registry.getMessage(`google.rpc.${name}`)!, bytes) as unknown as RpcMessage;
}

/** Whichever of google.rpc's messages it is. */
interface RpcMessage {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
  readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
  readonly requestId: string;
  readonly reason: string;
  readonly domain: string;
  readonly retryDelay: { readonly seconds: bigint; readonly nanos: number };
}

const packageName = 'yandex.cloud.datasphere.v2.jobs';

export function descMessage(name: string): DescMessage {
  const found = registry.getMessage(`${packageName}.${name}`);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}

export const jobDesc = descMessage('Job');

function descService(): DescService {
  const found = registry.getService(`${packageName}.ProjectJobService`);
  if (found === undefined) throw new Error('no ProjectJobService');
  return found;
}

export const serviceDesc = descService();
