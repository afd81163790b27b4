/**
 * gRPC-Web, binary and text.
 *
 * Written here and not taken from `@connectrpc/connect`, which decodes and encodes every message; see
 * docs/architecture.md.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 */
import { Deadline } from '../../runtime/deadline.ts';
import { codeNumbers, invalidArgument, Status } from '../../runtime/status.ts';
import { encodeStatus } from '../error-details.ts';
import { requestSizeLimit, requestTooLarge } from '../limits.ts';
import { readGrpcTimeout, readRequestMetadata } from '../../rpc/request-metadata.ts';
import { responseMetadata } from '../../rpc/response-metadata.ts';
import { codecs } from './codec.ts';
import { longestRequestMs, type HttpProtocol } from './exchange.ts';
import { mediaType, type HttpRequest, type HttpResponse } from './http-message.ts';

const mediaTypePattern = /^application\/grpc-web(-text)?(?:\+(proto|json))?$/;

/** Whether a media type is one of gRPC-Web's that this service speaks. */
export function isGrpcWeb(type: string): boolean {
  return mediaTypePattern.test(type);
}

/** Bit of a frame's first byte that says that the frame is compressed. */
const compressedFlag = 0x01;
/** Bit of a frame's first byte that says that the frame holds the trailers. */
const trailersFlag = 0x80;
const frameHeaderSize = 5;

export const grpcWeb: HttpProtocol = {
  async answer(request, getJob) {
    const header = (name: string): string | undefined => request.headers[name];
    const { isText, codec } = readMediaType(request);
    const requestMessage = readFrame(
      isText ? decodeText(request.body) : request.body,
      header('grpc-encoding'),
    );
    const timeoutMs = readGrpcTimeout(header('grpc-timeout')) ?? Infinity;
    const deadline = new Deadline(Math.min(timeoutMs, longestRequestMs));
    const answer = await getJob(
      { jobId: codec.readJobId(requestMessage), ...readRequestMetadata(header) },
      request,
      deadline,
    );
    const message = codec.writeJob(answer);
    const payload = typeof message === 'string' ? Buffer.from(message) : message;
    const frames = [...frame(0, payload), ...trailersFrame({ 'grpc-status': '0' })];
    return respond(request, Buffer.concat(frames), responseMetadata(answer));
  },

  fail(request, status, requestId) {
    const trailers = {
      'grpc-status': String(codeNumbers[status.code]),
      'grpc-message': percentEncode(status.message),
      'grpc-status-details-bin': Buffer.from(encodeStatus(status, requestId))
        .toString('base64')
        .replace(/=+$/, ''),
      'x-request-id': requestId,
    };
    return respond(request, Buffer.concat(trailersFrame(trailers)), {});
  },
};

function readMediaType(request: HttpRequest) {
  const [, text, format = 'proto'] = mediaTypePattern.exec(mediaType(request.headers['content-type']))!;
  return { isText: text !== undefined, codec: codecs[format]! };
}

function respond(
  request: HttpRequest,
  body: Buffer,
  metadata: Readonly<Record<string, string>>,
): HttpResponse {
  const contentType = mediaType(request.headers['content-type']);
  const headers = { ...metadata, 'content-type': contentType, vary: 'accept-encoding' };
  return { status: 200, headers, body: readMediaType(request).isText ? body.toString('base64') : body };
}

/** Base64, perhaps of several pieces with a padding each. */
function decodeText(body: Uint8Array): Buffer {
  const text = Buffer.from(body).toString('latin1');
  if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) throw invalidArgument('body', 'is not base64');
  const pieces = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}

/** The message in the one data frame of a unary request. */
function readFrame(body: Uint8Array, encoding: string | undefined): Uint8Array {
  const size = body.length - frameHeaderSize;
  if (size > requestSizeLimit) throw requestTooLarge(size);
  if (body.length < frameHeaderSize)
    throw invalidArgument('body', 'ends before the header of its frame does');
  const flags = body[0]!;
  if ((flags & compressedFlag) !== 0 || (encoding !== undefined && encoding !== 'identity')) {
    throw new Status(
      'COMPRESSION_NOT_SUPPORTED',
      'grpc-encoding: requests must not be compressed; supported is identity',
    );
  }
  if (flags !== 0) throw invalidArgument('body', 'does not begin with a data frame');
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (length !== size)
    throw invalidArgument('body', `has a frame that says ${length} bytes and holds ${size}`);
  return body.subarray(frameHeaderSize);
}

function frame(flags: number, payload: Uint8Array): readonly Uint8Array[] {
  const header = Buffer.alloc(frameHeaderSize);
  header[0] = flags;
  header.writeUInt32BE(payload.length, 1);
  return [header, payload];
}

function trailersFrame(trailers: Readonly<Record<string, string>>): readonly Uint8Array[] {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return frame(trailersFlag, Buffer.from(lines.join('')));
}

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses */
function percentEncode(message: string): string {
  return Buffer.from(message)
    .toString('latin1')
    .replace(/[^\x20-\x24\x26-\x7e]/g, (character) => {
      const code = character.charCodeAt(0).toString(16).toUpperCase();
      return `%${code.padStart(2, '0')}`;
    });
}
