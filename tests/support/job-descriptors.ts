import { createFileRegistry, fromBinary, type DescMessage, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { descriptorSet } from '../../lib/protocol/generated/descriptor-set.ts';

/** The service's descriptors as another implementation of protobuf reads them. */
export const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSet, 'base64')),
);

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
