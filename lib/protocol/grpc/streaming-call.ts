import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { logCall } from '../../rpc/access-log.ts';
import type { ServerStreamingMethod } from '../../rpc/method.ts';
import { decodeRequest } from '../../rpc/read-request.ts';
import { readRequestId } from '../../rpc/request-metadata.ts';
import { longestTimerMs, messagesWithin } from '../../rpc/stream.ts';
import type { Deadline } from '../../runtime/deadline.ts';
import { toStatus, type Status } from '../../runtime/status.ts';
import type { Log } from '../../telemetry/log.ts';
import { asBuffer, callOf, headerReader, ReadyMetadata, toServerError } from './call.ts';

type StreamingCall = ServerWritableStream<Buffer, Buffer>;

/** Answers the calls of a method with a stream each, no faster than its caller takes the messages. */
export function createStreamingHandler(
  method: ServerStreamingMethod,
  log: Log,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    const startMs = performance.now();
    const header = headerReader(call.metadata);
    const requestId = readRequestId(header);
    const meter = { reads: 0, latencyMs: 0, readUnits: 0 };
    const send = async (): Promise<Sent> => {
      let request: object | undefined;
      let messages = 0;
      try {
        request = decodeRequest(method.requestType, call.request);
        const context = callOf(call, header, method, meter, longestTimerMs);
        const stream = await method.answer(request, context);
        call.sendMetadata(new ReadyMetadata({ 'x-request-id': requestId }));
        for await (const { message } of messagesWithin(context.deadline, stream)) {
          messages++;
          if (!call.write(asBuffer(message))) await drained(call, context.deadline);
        }
        call.end();
        return { request, messages, failure: undefined };
      } catch (error) {
        const failure = toStatus(error);
        call.emit('error', toServerError(failure, requestId));
        return { request, messages, failure };
      }
    };
    void send().then(({ request, messages, failure }) => {
      const more = { protocol: 'grpc', messages };
      logCall(log, { requestId, header, method, request, record: undefined, failure, meter, startMs, more });
    });
  };
}

/** What became of a stream. */
interface Sent {
  readonly request: object | undefined;
  readonly messages: number;
  readonly failure: Status | undefined;
}

/** Waits until the caller has taken what was written. */
function drained(call: StreamingCall, deadline: Deadline): Promise<void> {
  return deadline.wait(
    new Promise((resolve) => {
      call.once('drain', () => {
        resolve();
      });
    }),
  );
}
