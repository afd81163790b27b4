/**
 * The frames of gRPC-Web and of Connect's streams: a byte of flags, the length, the payload.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
import type { Method } from '../../rpc/method.ts';
import { checkRequestSize } from '../../rpc/request-size.ts';
import { invalidArgument, Status } from '../../runtime/status.ts';

/** Bit of the flags that says that the payload is compressed. */
const compressedFlag = 0x01;
const headerSize = 5;

/** @param payload a text goes in UTF-8 */
export function frame(flags: number, payload: Uint8Array | string): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const framed = Buffer.allocUnsafe(headerSize + bytes.length);
  framed[0] = flags;
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, headerSize);
  return framed;
}

/**
 * The request in the one frame of a body.
 *
 * @param encodingHeader the header that says how payloads are compressed
 * @throws {Status} if the body is not one frame with a request that is not compressed and not too large
 */
export function readFrame(
  body: Uint8Array,
  method: Method,
  encodingHeader: string,
  encoding: string | undefined,
): Uint8Array {
  const size = body.length - headerSize;
  checkRequestSize(size, method);
  if (size < 0) throw invalidArgument('body', 'ends before the header of its frame does');
  const flags = body[0]!;
  if ((flags & compressedFlag) !== 0) throw compressed(encodingHeader);
  refuseCompression(encodingHeader, encoding);
  if (flags !== 0) throw invalidArgument('body', 'does not begin with a data frame');
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (length !== size)
    throw invalidArgument('body', `has a frame that says ${length} bytes and holds ${size}`);
  return body.subarray(headerSize);
}

/** @throws {Status} UNIMPLEMENTED if an encoding compresses */
export function refuseCompression(field: string, encoding: string | undefined): void {
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') throw compressed(field);
}

function compressed(field: string): Status {
  return new Status(
    'COMPRESSION_NOT_SUPPORTED',
    `${field}: requests must not be compressed; supported is identity`,
  );
}
