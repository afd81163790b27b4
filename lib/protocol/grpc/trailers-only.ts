import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Status } from '../../runtime/status.ts';
import { grpcStatusTrailers } from '../grpc-status.ts';

/**
 * Refuses a call that grpc-js has not seen.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
 */
export function respondTrailersOnly(stream: ServerHttp2Stream, failure: Status, requestId: string): void {
  stream.on('error', () => undefined);
  if (stream.destroyed || stream.closed) return;
  const trailers = {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    ...grpcStatusTrailers(failure, requestId),
  };
  stream.respond(trailers, { endStream: true });
  // Whatever of the request is still to come is not waited for.
  stream.close(constants.NGHTTP2_NO_ERROR);
}
