import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { pathOf, type Method } from '../../rpc/method.ts';

const asItIs = (bytes: Buffer): Buffer => bytes;

/**
 * A service's methods between bytes: what a method answers with is sent as it is, and requests are decoded by the handlers,
 * which can say what is wrong with them; grpc-js would answer INTERNAL.
 */
export function serviceDefinition(
  methods: readonly Method[],
): ServiceDefinition<Record<string, MethodDefinition<Buffer, Buffer>>> {
  return Object.fromEntries(methods.map((method) => [method.name, methodDefinition(method)]));
}

function methodDefinition(method: Method): MethodDefinition<Buffer, Buffer> {
  return {
    path: pathOf(method),
    requestStream: false,
    responseStream: method.kind === 'server-streaming',
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  };
}
