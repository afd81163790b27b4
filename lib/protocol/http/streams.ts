/** Methods that answer with a stream, for servers that can send a body in pieces. */
import { longestTimerMs, messagesWithin } from '../../rpc/stream.ts';
import { callerGone, Deadline } from '../../runtime/deadline.ts';
import { toStatus, type Status } from '../../runtime/status.ts';
import { connectStream, connectStreamMediaTypes } from './connect-stream.ts';
import type { StreamingCall } from './exchange.ts';
import { grpcWebStream } from './grpc-web-stream.ts';
import { isGrpcWeb } from './grpc-web.ts';
import { callOf, failed, readCall, type HttpStreams, type StreamExchanged } from './http-handler.ts';
import { serverSentEvents } from './server-sent-events.ts';

export const httpStreams: HttpStreams = {
  rest: serverSentEvents,
  mediaTypes: [...connectStreamMediaTypes, 'application/grpc-web', 'application/grpc-web-text'],
  ofMediaType: (type) =>
    isGrpcWeb(type) ? grpcWebStream : connectStreamMediaTypes.includes(type) ? connectStream : undefined,

  async open({ method, protocol }, exchange): Promise<StreamExchanged> {
    const read = readCall(method, protocol, exchange);
    if ('failure' in read) return read;
    const { request, timeoutMs = Infinity, headers } = read;
    const left = new AbortController();
    const deadline = new Deadline(Math.min(timeoutMs, longestTimerMs), { cancelled: () => left.signal });
    try {
      exchange.admission.check();
      const stream = await method.answer(request, callOf(read, exchange, deadline));
      const ended = Promise.withResolvers<StreamEnd>();
      const body = bodyOf(read, messagesWithin(deadline, stream), exchange.requestId, ended.resolve);
      return {
        response: { status: 200, headers, body: withAbort(body, left) },
        request,
        ended: ended.promise.then(({ failure, messages }) => ({ failure, more: { messages } })),
      };
    } catch (error) {
      return { ...failed(protocol, exchange, error), request };
    }
  },
};

interface StreamEnd {
  readonly failure: Status | undefined;
  /** How many were sent. */
  readonly messages: number;
}

async function* bodyOf(
  { writeMessage, writeEnd }: StreamingCall,
  stream: AsyncIterable<Parameters<StreamingCall['writeMessage']>[0]>,
  requestId: string,
  ended: (end: StreamEnd) => void,
): AsyncGenerator<Uint8Array, void> {
  let messages = 0;
  // So it stays if the body is given up between two messages.
  let failure: Status | undefined = callerGone();
  try {
    for await (const message of stream) {
      messages++;
      yield writeMessage(message);
    }
    failure = undefined;
  } catch (error) {
    failure = toStatus(error);
  } finally {
    ended({ failure, messages });
  }
  yield writeEnd(failure, requestId);
}

/** A body that tells the use case when it is given up, also while its next piece is waited for. */
function withAbort(body: AsyncGenerator<Uint8Array, void>, left: AbortController): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => body.next(),
      return: async () => {
        left.abort();
        await body.return();
        return { done: true, value: undefined };
      },
    }),
  };
}
