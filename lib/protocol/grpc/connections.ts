import { constants, type Http2SecureServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { GrpcLimits } from './limits.ts';

/**
 * Bounds the connections of a server. Beyond the limit the one that has been without a call for the longest time is
 * closed in favour of the new one, so that connections that only sit there keep nobody out.
 */
export function limitConnections(server: Http2Server | Http2SecureServer, limits: GrpcLimits): void {
  /** Calls under way, by connection. */
  const calls = new Map<ServerHttp2Session, number>();
  /** Connections without a call, the one that has been so for the longest time first. */
  const idle = new Set<ServerHttp2Session>();

  server.on('session', (session) => {
    calls.set(session, 0);
    idle.add(session);
    session.once('close', () => {
      calls.delete(session);
      idle.delete(session);
    });
    if (calls.size <= limits.connections) return;
    const [longestIdle = session] = idle;
    longestIdle.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  server.on('stream', (stream) => {
    const session = stream.session as ServerHttp2Session;
    const underWay = calls.get(session);
    if (underWay === undefined) return;
    calls.set(session, underWay + 1);
    idle.delete(session);
    stream.once('close', () => {
      const left = calls.get(session);
      if (left === undefined) return;
      calls.set(session, left - 1);
      if (left === 1) idle.add(session);
    });
  });

  // What has not finished its handshake is no session yet.
  server.maxConnections = limits.connections * 2;
  if ('setSecureContext' in server) limitHandshakes(server, limits.handshakeMs);
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
