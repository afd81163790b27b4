/** One call to a server under load, by either protocol: what it came to, and nothing else. */
import { Agent, request as httpRequest } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { encodeJobId, getPath, grpcMessage } from '../support/http2-frames.ts';

/** A caller with many connections. */
export interface Target {
  /** How many calls can be under way at the same time; more than that the server does not let connections have. */
  readonly capacity: number;
  /** Calls, and gives the number of the gRPC code, the HTTP status, or what broke. */
  call(): Promise<string>;
  close(): void;
}

export type Protocol = 'grpc' | 'http';

/** How long a caller waits for its answer, in milliseconds. */
export const patienceMs = 5000;

/** What the server allows on one connection. */
const streamsPerConnection = 100;

export function openTarget(protocol: Protocol, address: string, connections: number): Target {
  return protocol === 'grpc' ? grpcTarget(address, connections) : httpTarget(address, connections);
}

function grpcTarget(address: string, connections: number): Target {
  const sessions = Array.from({ length: connections }, () => openSession(address));
  const underWay = new Map<ClientHttp2Session, number>();
  const message = grpcMessage(encodeJobId('load-job'));
  const headers = { ':method': 'POST', ':path': getPath, 'content-type': 'application/grpc', te: 'trailers' };
  let next = 0;

  const choose = (): ClientHttp2Session | undefined => {
    for (let tries = connections; tries > 0; tries--) {
      const index = next++ % connections;
      if (sessions[index]!.destroyed || sessions[index]!.closed) sessions[index] = openSession(address);
      if ((underWay.get(sessions[index]!) ?? 0) < streamsPerConnection) return sessions[index]!;
    }
    return undefined;
  };

  return {
    capacity: connections * streamsPerConnection,
    call: () =>
      new Promise((resolve) => {
        const session = choose();
        if (session === undefined) {
          resolve('no connection');
          return;
        }
        underWay.set(session, (underWay.get(session) ?? 0) + 1);
        const stream = session.request(headers);
        let code: string | undefined;
        const note = (received: Readonly<Record<string, unknown>>): void => {
          code ??= received['grpc-status'] as string | undefined;
        };
        stream.on('response', note);
        stream.on('trailers', note);
        stream.on('error', () => undefined);
        stream.setTimeout(patienceMs, () => {
          code ??= 'no answer';
          stream.close(8);
        });
        stream.on('close', () => {
          underWay.set(session, underWay.get(session)! - 1);
          resolve(code ?? `reset ${stream.rstCode}`);
        });
        stream.resume();
        stream.end(message);
      }),
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

function openSession(address: string): ClientHttp2Session {
  const session = connect(address);
  session.on('error', () => undefined);
  return session;
}

function httpTarget(address: string, connections: number): Target {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const url = new URL('/datasphere/v2/jobs/load-job', address);
  return {
    capacity: connections,
    call: () =>
      new Promise((resolve) => {
        const request = httpRequest(url, { agent, timeout: patienceMs }, (response) => {
          response.resume();
          response.on('end', () => {
            resolve(String(response.statusCode));
          });
          response.on('error', () => {
            resolve('broken off');
          });
        });
        request.on('timeout', () => {
          request.destroy(new Error('no answer'));
        });
        request.on('error', (error) => {
          resolve(error.message);
        });
        request.end();
      }),
    close: () => {
      agent.destroy();
    },
  };
}

/** What a served call comes to. */
export const servedCode: Readonly<Record<Protocol, string>> = { grpc: '0', http: '200' };

/** What a call that was shed comes to: RESOURCE_EXHAUSTED. */
export const shedCode: Readonly<Record<Protocol, string>> = { grpc: '8', http: '429' };
