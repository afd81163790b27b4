import type { Status } from '../../runtime/status.ts';
import type { Answer, Method, StreamMessage } from '../../rpc/method.ts';
import type { HeaderReader, RequestMetadata } from '../../rpc/request-metadata.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';

/** A call as a protocol reads it from a request. */
export interface HttpCall {
  /** The decoded request. */
  readonly request: object;
  readonly metadata: RequestMetadata;
  /** How long the caller waits, in milliseconds; undefined if they do not say. */
  readonly timeoutMs?: number | undefined;
}

/** A call that gets one answer. */
export interface UnaryCall extends HttpCall {
  readonly write: (answer: Answer) => HttpResponse;
}

/** A call that gets a stream: headers, messages, an end. */
export interface StreamingCall extends HttpCall {
  readonly headers: HttpResponse['headers'];
  readonly writeMessage: (message: StreamMessage) => Uint8Array;
  /** @param failure undefined for a stream that ended as it should */
  readonly writeEnd: (failure: Status | undefined, requestId: string) => Uint8Array;
}

/** One of the protocols that are spoken over HTTP. */
export interface HttpProtocol<ReadCall extends HttpCall = UnaryCall> {
  /** @throws {Status} for a bad request */
  read(request: HttpRequest, method: Method): ReadCall;
  /** The answer to a request that failed, in the protocol's own form. */
  fail(request: HttpRequest, status: Status, requestId: string): HttpResponse;
}

export function headerReader({ headers }: HttpRequest): HeaderReader {
  return (name) => headers[name];
}
