import {
  constants,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { Status, toStatus } from '../../runtime/status.ts';
import { failureFields } from '../../telemetry/failure-fields.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Admission } from '../admission.ts';
import { serviceName } from '../../rpc/get-job-request.ts';
import { overloaded } from '../limits.ts';
import { readRequestId } from '../../rpc/request-metadata.ts';
import { limitCompressed } from './compressed-messages.ts';
import { callsForHealth, stalledMs, type GrpcLimits } from './limits.ts';
import { tameTimeout } from './timeout.ts';
import { respondTrailersOnly } from './trailers-only.ts';
import type { ConnectionUse } from './connections.ts';
import { measureUnsent, tooMuchUnsent, type Connection, type Unsent } from './unsent.ts';

/** How often calls are looked through for those that have taken too long, in milliseconds. */
const sweepMs = 500;

/** And how many new ones may come between: each can leave an answer of 4 MB. */
const sweepCalls = 16;

interface OpenCall {
  readonly startMs: number;
  readonly isGet: boolean;
  /** A stream forgets its session when it is closed. */
  readonly connection: Connection;
}

/**
 * Decides of each call, when its headers are there and before anything is spent on it, whether the server takes it on.
 * A call that is refused gets its answer at once; nothing waits for its turn. Calls whose clients keep them open without
 * sending or taking what is due make room for others, and end after some time.
 *
 * @param work what the handlers are at
 *
 * It stands before grpc-js, which has no such limits, and whose interceptors come only after its own work.
 */
export function limitCalls(
  server: Http2Server | Http2SecureServer,
  limits: GrpcLimits,
  work: Admission,
  connections: ConnectionUse,
  log: Log,
): void {
  /** The oldest first. */
  const open = new Map<ServerHttp2Stream, OpenCall>();
  const callsOf = new Map<Connection, number>();
  let sinceSweep = 0;
  let unsent: ReadonlyMap<Connection, Unsent> = new Map<Connection, Unsent>();

  const remember = (stream: ServerHttp2Stream, isGet: boolean): void => {
    const connection = stream.session;
    open.set(stream, { startMs: performance.now(), isGet, connection });
    const others = callsOf.get(connection) ?? 0;
    callsOf.set(connection, others + 1);
    if (others === 0) connections.busy(connection);
    // Not `once`, which takes longer for what happens once in any case.
    stream.on('close', () => {
      forget(stream);
    });
  };

  const forget = (stream: ServerHttp2Stream): void => {
    const call = open.get(stream);
    if (call === undefined) return;
    open.delete(stream);
    const left = callsOf.get(call.connection)! - 1;
    callsOf.set(call.connection, left);
    if (left > 0) return;
    callsOf.delete(call.connection);
    connections.idle(call.connection);
  };

  const refuse = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, failure: Status): void => {
    const requestId = readRequestId((name) => headers[name] as string | undefined);
    const by = { metric: 'Errors', dimension: 'Code', value: failure.code } as const;
    const fields = { requestId, protocol: 'grpc', ...failureFields(failure) };
    log('info', 'get', fields, { values: { Errors: 1 }, by });
    respondTrailersOnly(stream, failure, requestId);
  };

  /**
   * Ends the call that has waited for its client for the longest time, of a connection with at least twice as many calls
   * as the one that wants another: whoever fills the server keeps out himself, and nobody else.
   */
  const makeRoom = (connection: Connection): boolean => {
    const enough = 2 * ((callsOf.get(connection) ?? 0) + 1);
    const startedBefore = performance.now() - stalledMs;
    for (const [stream, call] of open) {
      if (call.startMs > startedBefore) return false;
      if (callsOf.get(call.connection)! < enough || !waitsForClient(stream)) continue;
      giveUp(stream);
      return true;
    }
    return false;
  };

  const giveUp = (stream: ServerHttp2Stream): void => {
    forget(stream);
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };

  const sweep = (): void => {
    sinceSweep = 0;
    const now = performance.now();
    for (const [stream, { startMs, isGet }] of open) {
      const longestMs = stream.readableEnded ? limits.callMs : limits.requestMs;
      if (isGet && now - startMs > longestMs) giveUp(stream);
    }
    unsent = measureUnsent(open.keys());
    for (const stream of tooMuchUnsent(unsent, limits.unsentBytes)) giveUp(stream);
  };

  /** @throws {Status} with what the call is refused with */
  const admit = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    if (++sinceSweep >= sweepCalls) sweep();
    const size = metadataSize(headers);
    if (size > limits.metadataBytes) throw metadataTooLarge(size, limits.metadataBytes);
    tameTimeout(headers);
    if ((unsent.get(stream.session)?.bytes ?? 0) > limits.unsentBytesOfConnection) throw answersNotTaken();
    const path = String(headers[':path']);
    const isHealth = path.startsWith('/grpc.health.');
    const isFull = open.size >= limits.openCalls + (isHealth ? callsForHealth : 0);
    if ((work.isFull() && !isHealth) || (isFull && !makeRoom(stream.session))) throw overloaded(limits.calls);
    remember(stream, path.startsWith(`/${serviceName}/`));
  };

  const serve = server.listeners('stream');
  server.removeAllListeners('stream');
  server.on('stream', (stream, headers, ...rest) => {
    try {
      admit(stream, headers);
    } catch (error) {
      refuse(stream, headers, toStatus(error));
      return;
    }
    limitCompressed(stream, headers);
    for (const listener of serve) listener.call(server, stream, headers, ...rest);
  });
  const timer = setInterval(sweep, sweepMs).unref();
  server.once('close', () => {
    clearInterval(timer);
  });
}

/** For the rest of its request, or to take its answer. */
function waitsForClient(stream: ServerHttp2Stream): boolean {
  return !stream.readableEnded || stream.headersSent;
}

function metadataSize(headers: IncomingHttpHeaders): number {
  let size = 0;
  for (const name in headers) size += name.length + String(headers[name]).length;
  return size;
}

function metadataTooLarge(size: number, limit: number): Status {
  return new Status('METADATA_TOO_LARGE', `the metadata has ${size} bytes; at most ${limit} are allowed`);
}

function answersNotTaken(): Status {
  return new Status(
    'RESPONSES_NOT_READ',
    'too many answers wait to be taken on this connection; take them first',
  );
}
