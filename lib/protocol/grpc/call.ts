/** What unary calls and streams of grpc-js have alike. */
import { Metadata, status, type ServerErrorResponse, type ServerUnaryCall } from '@grpc/grpc-js';
import type { Call, Method } from '../../rpc/method.ts';
import { readRequestMetadata, type HeaderReader } from '../../rpc/request-metadata.ts';
import { Deadline } from '../../runtime/deadline.ts';
import type { Status } from '../../runtime/status.ts';
import { encodeStatus } from '../error-details.ts';

type GrpcCall = Pick<ServerUnaryCall<Buffer, Buffer>, 'metadata' | 'getDeadline' | 'cancelled' | 'once'>;

export function headerReader(metadata: Metadata): HeaderReader {
  return (name) => {
    const values = metadata.get(name);
    return values.length === 0 ? undefined : values.map(String).join(',');
  };
}

/**
 * @param longestMs the longest that the call may take, in milliseconds, whatever its caller allows
 * @throws {Status} for bad metadata
 */
export function callOf(
  call: GrpcCall,
  header: HeaderReader,
  method: Method,
  meter: Call['meter'],
  longestMs: number,
): Call {
  return {
    credentials: { authorization: header('authorization') },
    metadata: readRequestMetadata(header, method.responseType),
    deadline: deadlineOf(call, longestMs),
    meter,
    header,
  };
}

/** The caller's own deadline, if it is the earlier one; ends at once if the caller goes away. */
function deadlineOf(call: GrpcCall, longestMs: number): Deadline {
  const atMs = Number(call.getDeadline());
  const leftMs = Number.isFinite(atMs) ? atMs - Date.now() : Infinity;
  return new Deadline(Math.min(leftMs, longestMs), { cancelled: () => whenCancelled(call) });
}

function whenCancelled(call: GrpcCall): AbortSignal {
  if (call.cancelled) return AbortSignal.abort();
  const cancelled = new AbortController();
  call.once('cancelled', () => {
    cancelled.abort();
  });
  return cancelled.signal;
}

/** Response metadata that is known to be well-formed, and so needs none of the checks and copies of grpc-js's own. */
export class ReadyMetadata extends Metadata {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(headers: Readonly<Record<string, string>>) {
    super();
    this.headers = headers;
  }

  override toHttp2Headers(): Record<string, string> {
    return this.headers;
  }
}

/** A failure before anything was sent is Trailers-Only: the official client keeps the code of no others. */
export function toServerError(failure: Status, requestId: string): Partial<ServerErrorResponse> {
  const code = status[failure.code];
  const metadata = new Metadata();
  metadata.set('x-request-id', requestId);
  metadata.set('grpc-status-details-bin', asBuffer(encodeStatus(failure, requestId)));
  return { code, details: failure.message, metadata };
}

/** The same memory, as grpc-js wants it. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
