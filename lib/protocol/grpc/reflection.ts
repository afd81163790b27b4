import { ReflectionService } from '@grpc/reflection';
import { fileDescriptors } from '../generated/file-descriptors.ts';

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/**
 * Server reflection, v1 and v1alpha, from descriptors that were built with this version.
 *
 * @param services full names of those that are served
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function createReflection(services: string[]): ReflectionService {
  const fileDescriptorProtos = fileDescriptors.map((file) => Buffer.from(file, 'base64'));
  // The service reads nothing else of a definition.
  const definition = { fileDescriptorProtos } as unknown as PackageDefinition[string];
  return new ReflectionService({ descriptors: definition }, { services });
}
