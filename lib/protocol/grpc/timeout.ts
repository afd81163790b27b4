import type { IncomingHttpHeaders } from 'node:http2';
import { readGrpcTimeout } from '../../rpc/request-metadata.ts';
import { longestTimerMs } from '../../rpc/stream.ts';

/**
 * Checks the `grpc-timeout` of a call before grpc-js reads it, which answers INTERNAL to one that is none, and takes
 * 1000 hours for a time that has passed. One beyond what it can count is left out: no call takes that long.
 *
 * @throws {Status} INVALID_ARGUMENT where it is none
 */
export function tameTimeout(headers: IncomingHttpHeaders): void {
  const timeoutMs = readGrpcTimeout(headers['grpc-timeout'] as string | undefined);
  if (timeoutMs !== undefined && timeoutMs > longestTimerMs) delete headers['grpc-timeout'];
}
