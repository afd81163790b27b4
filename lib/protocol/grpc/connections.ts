import { constants, type Http2SecureServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { GrpcLimits } from './limits.ts';
import type { Connection } from './unsent.ts';

/** Told which connections have calls. */
export interface ConnectionUse {
  readonly busy: (connection: Connection) => void;
  readonly idle: (connection: Connection) => void;
}

/**
 * Bounds the connections of a server. Beyond the limit the one that has been without a call for the longest time is
 * closed in favour of the new one, so that connections that only sit there keep nobody out.
 */
export function limitConnections(server: Http2Server | Http2SecureServer, limits: GrpcLimits): ConnectionUse {
  const open = new Set<ServerHttp2Session>();
  /** Connections without a call, the one that has been so for the longest time first. */
  const idle = new Set<ServerHttp2Session>();

  server.on('session', (session) => {
    open.add(session);
    idle.add(session);
    session.once('close', () => {
      open.delete(session);
      idle.delete(session);
    });
    if (open.size <= limits.connections) return;
    const [longestIdle = session] = idle;
    longestIdle.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  // What has not finished its handshake is no session yet.
  server.maxConnections = limits.connections * 2;
  if ('setSecureContext' in server) limitHandshakes(server, limits.handshakeMs);

  return {
    busy(connection) {
      idle.delete(connection as ServerHttp2Session);
    },
    idle(connection) {
      const session = connection as ServerHttp2Session;
      if (open.has(session)) idle.add(session);
    },
  };
}

/** Node's own limit is two minutes, and can only be set where the server is made. */
function limitHandshakes(server: Http2SecureServer, handshakeMs: number): void {
  const timers = new Map<string, NodeJS.Timeout>();
  const finish = (peer: string): void => {
    clearTimeout(timers.get(peer));
    timers.delete(peer);
  };
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    timers.set(
      peer,
      setTimeout(() => socket.destroy(), handshakeMs),
    );
    socket.once('close', () => {
      finish(peer);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    finish(peerOf(socket));
  });
}

/** The same for a socket and for the TLS socket on top of it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
