import type { handleUnaryCall } from '@grpc/grpc-js';
import { logCall } from '../../rpc/access-log.ts';
import type { Answer, UnaryMethod } from '../../rpc/method.ts';
import { decodeRequest } from '../../rpc/read-request.ts';
import { readRequestId } from '../../rpc/request-metadata.ts';
import { toStatus } from '../../runtime/status.ts';
import type { Log } from '../../telemetry/log.ts';
import { longestCallMs } from '../limits.ts';
import type { AnsweredCalls } from './answered-calls.ts';
import { asBuffer, callOf, headerReader, ReadyMetadata, toServerError } from './call.ts';

/** Answers the calls of a method. */
export function createUnaryHandler(
  method: UnaryMethod,
  { log, answered }: { readonly log: Log; readonly answered: AnsweredCalls },
): handleUnaryCall<Buffer, Buffer> {
  return (call, respond) => {
    const startMs = performance.now();
    const header = headerReader(call.metadata);
    const requestId = readRequestId(header);
    const meter = { reads: 0, latencyMs: 0, readUnits: 0 };
    const served = { requestId, header, method, meter, startMs, more: { protocol: 'grpc' } };
    const fail = (error: unknown, request: object | undefined): void => {
      const failure = toStatus(error);
      respond(toServerError(failure, requestId));
      logCall(log, { ...served, request, record: undefined, failure });
    };

    let request: object | undefined;
    let answer: Promise<Answer>;
    try {
      request = decodeRequest(method.requestType, call.request);
      answer = method.answer(request, callOf(call, header, method, meter, longestCallMs));
    } catch (error) {
      fail(error, request);
      return;
    }
    answer.then(
      ({ message, metadata, record }) => {
        call.sendMetadata(new ReadyMetadata({ ...metadata, 'x-request-id': requestId }));
        respond(null, asBuffer(message));
        answered.add(record, meter, performance.now() - startMs);
        logCall(log, { ...served, request, record, failure: undefined, collected: true });
      },
      (error: unknown) => {
        fail(error, request);
      },
    );
  };
}
