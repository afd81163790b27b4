import type { IncomingHttpHeaders } from 'node:http2';
import { readGrpcTimeout } from '../../rpc/request-metadata.ts';

/** Milliseconds that a timer of Node's can wait, and that grpc-js can count. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Checks the `grpc-timeout` of a call before grpc-js reads it, which answers INTERNAL to one that is none, and takes
 * 1000 hours for a time that has passed. One beyond what it can count is left out: no Get takes that long.
 *
 * @throws {Status} INVALID_ARGUMENT where it is none
 */
export function tameTimeout(headers: IncomingHttpHeaders): void {
  const timeoutMs = readGrpcTimeout(headers['grpc-timeout'] as string | undefined);
  if (timeoutMs !== undefined && timeoutMs > longestTimerMs) delete headers['grpc-timeout'];
}
