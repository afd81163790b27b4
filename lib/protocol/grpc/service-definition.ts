import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { serviceName } from '../../rpc/get-job-request.ts';

const asItIs = (bytes: Buffer): Buffer => bytes;

/**
 * ProjectJobService.Get between bytes: the stored Job is the response, and the request is decoded by the handler, which
 * can say what is wrong with it where grpc-js would answer INTERNAL.
 */
export interface ProjectJobService extends ServiceDefinition {
  readonly Get: MethodDefinition<Buffer, Buffer>;
}

export const projectJobService: ProjectJobService = {
  Get: {
    path: `/${serviceName}/Get`,
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
};
