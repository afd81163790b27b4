import { grpcStatusTrailers } from '../grpc-status.ts';
import type { HttpProtocol, StreamingCall } from './exchange.ts';
import { frame } from './frame.ts';
import {
  encodeText,
  grpcWeb,
  grpcWebHeaders,
  readGrpcWeb,
  successTrailers,
  trailersFrame,
} from './grpc-web.ts';

/**
 * gRPC-Web's streams: a data frame for each message, then the trailers. As text each frame is base64 of its own.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 */
export const grpcWebStream: HttpProtocol<StreamingCall> = {
  read(request, method) {
    const { codec, ...call } = readGrpcWeb(request, method);
    const encode = (bytes: Buffer): Buffer => Buffer.from(encodeText(request, bytes));
    return {
      ...call,
      headers: grpcWebHeaders(request),
      writeMessage: ({ message }) => encode(frame(0, codec.write(method.responseType, message))),
      writeEnd: (failure, requestId) =>
        encode(
          trailersFrame(failure === undefined ? successTrailers : grpcStatusTrailers(failure, requestId)),
        ),
    };
  },

  fail: (...failed) => grpcWeb.fail(...failed),
};
