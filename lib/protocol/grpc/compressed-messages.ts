import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';

const frameHeaderSize = 5;

/**
 * One message a call where messages are compressed. grpc-js starts to decompress every message as it comes, also of a
 * call that may have only one: 16 KiB of tiny ones took 50 MB.
 */
export function limitCompressed(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  if ((headers['grpc-encoding'] ?? 'identity') === 'identity') return;
  const frameHeader = Buffer.alloc(frameHeaderSize);
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    if (received < frameHeaderSize) chunk.copy(frameHeader, received);
    received += chunk.length;
    if (received > frameHeaderSize + frameHeader.readUInt32BE(1)) {
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  });
}
