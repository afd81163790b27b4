/**
 * A failure as gRPC's trailers have it.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
 */
import { codeNumbers, type Status } from '../runtime/status.ts';
import { encodeStatus } from './error-details.ts';

export function grpcStatusTrailers(status: Status, requestId: string): Readonly<Record<string, string>> {
  return {
    'grpc-status': String(codeNumbers[status.code]),
    'grpc-message': percentEncode(status.message),
    'grpc-status-details-bin': unpaddedBase64(encodeStatus(status, requestId)),
    'x-request-id': requestId,
  };
}

/** `encodeURI` leaves less as it is than the protocol allows, and throws for half a surrogate pair alone. */
function percentEncode(message: string): string {
  return encodeURI(message.toWellFormed());
}

/** As gRPC and Connect want binary values to be written. */
export function unpaddedBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
