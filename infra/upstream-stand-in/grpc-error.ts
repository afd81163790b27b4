/** The errors of the stand-in over gRPC. */
import { Metadata, status as codes, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import type { Refusal } from './refusal.ts';

/**
 * A refusal as grpc-js sends it, with the id of the request. If it says when to try again, it has a google.rpc.Status
 * with a RetryInfo.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */
export function serviceError(error: Refusal, requestId: string): Partial<ServiceError> {
  const metadata = new Metadata();
  metadata.set('x-request-id', requestId);
  metadata.set('x-server-trace-id', `${requestId}-trace`);
  const code = codes[error.code];
  if (error.retryDelayMs !== undefined)
    metadata.set('grpc-status-details-bin', statusBytes(code, error.message, error.retryDelayMs));
  return { code, details: error.message, metadata };
}

function statusBytes(code: number, message: string, retryDelayMs: number): Buffer {
  const status = protobuf.Writer.create().uint32(8).int32(code).uint32(18).string(message);
  status.uint32(26).fork().uint32(10).string('type.googleapis.com/google.rpc.RetryInfo');
  status.uint32(18).fork().uint32(10).fork();
  status.uint32(8).int64(Math.floor(retryDelayMs / 1000));
  status.uint32(16).int32((retryDelayMs % 1000) * 1_000_000);
  return Buffer.from(status.ldelim().ldelim().ldelim().finish());
}
