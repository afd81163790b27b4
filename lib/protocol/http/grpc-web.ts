/**
 * gRPC-Web, binary and text.
 *
 * Written here and not taken from `@connectrpc/connect`, which decodes and encodes every message; see
 * docs/architecture.md.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 */
import type { Method } from '../../rpc/method.ts';
import { readGrpcTimeout, readRequestMetadata } from '../../rpc/request-metadata.ts';
import { invalidArgument } from '../../runtime/status.ts';
import { grpcStatusTrailers } from '../grpc-status.ts';
import { codecs, type Codec } from './codec.ts';
import { headerReader, type HttpCall, type HttpProtocol } from './exchange.ts';
import { frame, readFrame } from './frame.ts';
import { mediaType, type HttpRequest, type HttpResponse } from './http-message.ts';

const mediaTypePattern = /^application\/grpc-web(-text)?(?:\+(proto|json))?$/;

/** Whether a media type is one of gRPC-Web's that this service speaks. */
export function isGrpcWeb(type: string): boolean {
  return mediaTypePattern.test(type);
}

/** Bit of a frame's flags that says that the frame holds the trailers. */
const trailersFlag = 0x80;

export const grpcWeb: HttpProtocol = {
  read(request, method) {
    const { codec, ...call } = readGrpcWeb(request, method);
    const write = (message: Uint8Array): Buffer => frame(0, codec.write(method.responseType, message));
    return {
      ...call,
      write: ({ message, metadata }) =>
        respond(request, Buffer.concat([write(message), trailersFrame(successTrailers)]), metadata),
    };
  },

  fail(request, status, requestId) {
    return respond(request, trailersFrame(grpcStatusTrailers(status, requestId)), {});
  },
};

export const successTrailers = { 'grpc-status': '0' };

/** @throws {Status} for a bad request */
export function readGrpcWeb(request: HttpRequest, method: Method): HttpCall & { readonly codec: Codec } {
  const header = headerReader(request);
  const { isText, codec } = readMediaType(request);
  const body = isText ? decodeText(request.body) : request.body;
  const message = readFrame(body, method, 'grpc-encoding', header('grpc-encoding'));
  const timeoutMs = readGrpcTimeout(header('grpc-timeout'));
  const decoded = codec.readRequest(method.requestType, message);
  return { codec, request: decoded, metadata: readRequestMetadata(header, method.responseType), timeoutMs };
}

function readMediaType(request: HttpRequest) {
  const [, text, format = 'proto'] = mediaTypePattern.exec(mediaType(request.headers['content-type']))!;
  return { isText: text !== undefined, codec: codecs[format]! };
}

function respond(request: HttpRequest, body: Buffer, metadata: HttpResponse['headers']): HttpResponse {
  return {
    status: 200,
    headers: { ...metadata, ...grpcWebHeaders(request) },
    body: encodeText(request, body),
  };
}

export function grpcWebHeaders({ headers }: HttpRequest): HttpResponse['headers'] {
  return { 'content-type': mediaType(headers['content-type']), vary: 'accept-encoding' };
}

/** What is sent to a caller who takes base64 only, or bytes. */
export function encodeText(request: HttpRequest, bytes: Buffer): Buffer | string {
  return readMediaType(request).isText ? bytes.toString('base64') : bytes;
}

/** Base64, perhaps of several pieces with a padding each. */
function decodeText(body: Uint8Array): Buffer {
  const text = Buffer.from(body).toString('latin1');
  if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) throw invalidArgument('body', 'is not base64');
  const pieces = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}

export function trailersFrame(trailers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return frame(trailersFlag, lines.join(''));
}
