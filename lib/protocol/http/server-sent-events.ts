import { messageToJson } from '../../protobuf/json.ts';
import { statusToJson } from '../error-details.ts';
import type { HttpProtocol, StreamingCall } from './exchange.ts';
import { readRest, rest } from './rest.ts';

/**
 * REST's streams: an event for each message, in canonical proto3 JSON, and an event `error` if it ends before its time.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export const serverSentEvents: HttpProtocol<StreamingCall> = {
  read: (request, method) => ({
    ...readRest(request, method),
    headers: { 'content-type': 'text/event-stream' },
    writeMessage: ({ message, id }) => {
      const name = id === undefined ? '' : `id: ${id}\n`;
      return Buffer.from(`${name}data: ${messageToJson(method.responseType, message)}\n\n`);
    },
    writeEnd: (failure, requestId) =>
      Buffer.from(failure === undefined ? '' : `event: error\ndata: ${statusToJson(failure, requestId)}\n\n`),
  }),

  fail: (...failed) => rest.fail(...failed),
};
