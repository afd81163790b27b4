import {
  constants,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { codeNumbers, Status } from '../../status.ts';
import type { Log } from '../../telemetry/log.ts';
import { encodeStatus } from '../error-details.ts';
import { serviceName } from '../get-job-request.ts';
import { overloaded } from '../limits.ts';
import { readRequestId } from '../request-metadata.ts';
import { callsForHealth, stalledMs, type GrpcLimits } from './limits.ts';

/** How often calls are looked through for those that have taken too long, in milliseconds. */
const sweepMs = 500;

/** And how many new ones may come between: each can leave an answer of 4 MB. */
const sweepCalls = 16;

interface OpenCall {
  readonly startMs: number;
  readonly isGet: boolean;
}

/**
 * Decides of each call, when its headers are there and before anything is spent on it, whether the server takes it on.
 * A call that is refused gets its answer at once; nothing waits for its turn. Calls whose clients keep them open without
 * sending or taking what is due make room for others, and end after some time.
 *
 * It stands before grpc-js, which has no such limits, and whose interceptors come only after its own work.
 */
export function limitCalls(server: Http2Server | Http2SecureServer, limits: GrpcLimits, log: Log): void {
  /** The oldest first. */
  const open = new Map<ServerHttp2Stream, OpenCall>();
  let sinceSweep = 0;

  const refuse = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, failure: Status): void => {
    const requestId = readRequestId((name) => headers[name] as string | undefined);
    log('info', 'get', { requestId, protocol: 'grpc', code: failure.code });
    respondTrailersOnly(stream, failure, requestId);
  };

  const makeRoom = (): boolean => {
    const now = performance.now();
    for (const [stream, { startMs }] of open) {
      if (now - startMs < stalledMs) return false;
      if (isAtWork(stream)) continue;
      giveUp(stream);
      return true;
    }
    return false;
  };

  const giveUp = (stream: ServerHttp2Stream): void => {
    open.delete(stream);
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };

  const sweep = (): void => {
    sinceSweep = 0;
    const now = performance.now();
    let unsentBytes = 0;
    for (const [stream, { startMs, isGet }] of open) {
      unsentBytes += stream.writableLength;
      const longestMs = stream.readableEnded ? limits.callMs : limits.requestMs;
      if (isGet && now - startMs > longestMs) giveUp(stream);
    }
    for (const [stream] of open) {
      if (unsentBytes <= limits.unsentBytes) break;
      if (stream.writableLength === 0) continue;
      unsentBytes -= stream.writableLength;
      giveUp(stream);
    }
  };

  const admit = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean => {
    const size = metadataSize(headers);
    if (size > limits.metadataBytes) {
      refuse(stream, headers, metadataTooLarge(size, limits.metadataBytes));
      return false;
    }
    const path = String(headers[':path']);
    const isHealth = path.startsWith('/grpc.health.');
    if (open.size >= limits.calls + (isHealth ? callsForHealth : 0) && !makeRoom()) {
      refuse(stream, headers, overloaded(limits.calls));
      return false;
    }
    open.set(stream, { startMs: performance.now(), isGet: path.startsWith(`/${serviceName}/`) });
    stream.once('close', () => open.delete(stream));
    if (++sinceSweep >= sweepCalls) sweep();
    return true;
  };

  const serve = server.listeners('stream');
  server.removeAllListeners('stream');
  server.on('stream', (stream, headers, ...rest) => {
    if (!admit(stream, headers)) return;
    limitCompressed(stream, headers);
    for (const listener of serve) listener.call(server, stream, headers, ...rest);
  });
  const timer = setInterval(sweep, sweepMs).unref();
  server.once('close', () => {
    clearInterval(timer);
  });
}

/** Whether it is for the server to do something about a call, and not for its client. */
function isAtWork(stream: ServerHttp2Stream): boolean {
  return stream.readableEnded && !stream.headersSent;
}

function metadataSize(headers: IncomingHttpHeaders): number {
  let size = 0;
  for (const name in headers) size += name.length + String(headers[name]).length;
  return size;
}

function metadataTooLarge(size: number, limit: number): Status {
  return new Status('RESOURCE_EXHAUSTED', `the metadata has ${size} bytes; at most ${limit} are allowed`);
}

const frameHeaderSize = 5;

/**
 * One message a call where messages are compressed. grpc-js starts to decompress every message as it comes, also of a
 * call that may have only one: 16 KiB of tiny ones took 50 MB.
 */
function limitCompressed(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
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

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses */
function respondTrailersOnly(stream: ServerHttp2Stream, failure: Status, requestId: string): void {
  stream.on('error', () => undefined);
  if (stream.destroyed || stream.closed) return;
  const trailers = {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': codeNumbers[failure.code],
    'grpc-message': encodeURI(failure.message),
    'grpc-status-details-bin': Buffer.from(encodeStatus(failure, requestId)).toString('base64'),
    'x-request-id': requestId,
  };
  stream.respond(trailers, { endStream: true });
  // Whatever of the request is still to come is not waited for.
  stream.close(constants.NGHTTP2_NO_ERROR);
}
