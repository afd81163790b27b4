import type { Status } from '../../runtime/status.ts';
import { readConnectTimeout, readRequestMetadata } from '../../rpc/request-metadata.ts';
import { codecs } from './codec.ts';
import { checkConnectVersion, connectError } from './connect.ts';
import { headerReader, type HttpProtocol, type StreamingCall } from './exchange.ts';
import { frame, readFrame } from './frame.ts';
import { mediaType, type HttpRequest } from './http-message.ts';

export const connectStreamMediaTypes = ['application/connect+proto', 'application/connect+json'];

/** Bit of an envelope's flags that says that the stream ends with it. */
const endFlag = 0x02;

/**
 * Connect's streams: an envelope for each message, and one that ends the stream, with the error if there is one.
 *
 * @see https://connectrpc.com/docs/protocol#streaming-rpcs
 */
export const connectStream: HttpProtocol<StreamingCall> = {
  read(request, method) {
    const header = headerReader(request);
    checkConnectVersion(header('connect-protocol-version'));
    const message = readFrame(
      request.body,
      method,
      'connect-content-encoding',
      header('connect-content-encoding'),
    );
    const codec = codecs[mediaType(header('content-type')).slice('application/connect+'.length)]!;
    return {
      request: codec.readRequest(method.requestType, message),
      metadata: readRequestMetadata(header, method.responseType),
      timeoutMs: readConnectTimeout(header('connect-timeout-ms')),
      headers: contentTypeOf(request),
      writeMessage: (sent) => frame(0, codec.write(method.responseType, sent.message)),
      writeEnd: endOfStream,
    };
  },

  // The status is 200 even so: the error is in the body.
  fail: (request, failure, requestId) => ({
    status: 200,
    headers: contentTypeOf(request),
    body: endOfStream(failure, requestId),
  }),
};

function contentTypeOf({ headers }: HttpRequest): Readonly<Record<string, string>> {
  return { 'content-type': mediaType(headers['content-type']) };
}

function endOfStream(failure: Status | undefined, requestId: string): Buffer {
  return frame(
    endFlag,
    JSON.stringify(failure === undefined ? {} : { error: connectError(failure, requestId) }),
  );
}
