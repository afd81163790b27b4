import { ReflectionService } from '@grpc/reflection';
import { WireReader } from '../../protobuf/wire.ts';
import { descriptorSet } from '../generated/descriptor-set.ts';

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/**
 * Server reflection, v1 and v1alpha, from descriptors that were built with this version.
 *
 * @param services full names of those that are served
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function createReflection(services: string[]): ReflectionService {
  const fileDescriptorProtos = splitDescriptorSet(Buffer.from(descriptorSet, 'base64'));
  // The service reads nothing else of a definition.
  const definition = { fileDescriptorProtos } as unknown as PackageDefinition[string];
  return new ReflectionService({ descriptors: definition }, { services });
}

/** A FileDescriptorSet is nothing but a repeated field 1: each is one file. */
function splitDescriptorSet(bytes: Buffer): readonly Buffer[] {
  const files: Buffer[] = [];
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    reader.readTag();
    files.push(Buffer.from(reader.readBytes()));
  }
  return files;
}
