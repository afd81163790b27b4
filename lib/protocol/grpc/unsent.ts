/** Answers that wait for their clients to take them: the one thing of a call that may be large. */
import type { ServerHttp2Stream } from 'node:http2';

export type Connection = ServerHttp2Stream['session'];

/** What a connection has not taken. */
export interface Unsent {
  readonly bytes: number;
  /** The oldest first. */
  readonly streams: readonly ServerHttp2Stream[];
}

/** @param open all streams, the oldest first */
export function measureUnsent(open: Iterable<ServerHttp2Stream>): Map<Connection, Unsent> {
  const unsent = new Map<Connection, { bytes: number; streams: ServerHttp2Stream[] }>();
  for (const stream of open) {
    if (stream.writableLength === 0) continue;
    const known = unsent.get(stream.session);
    if (known === undefined) {
      unsent.set(stream.session, { bytes: stream.writableLength, streams: [stream] });
    } else {
      known.bytes += stream.writableLength;
      known.streams.push(stream);
    }
  }
  return unsent;
}

/**
 * Which streams to end so that no more than `limit` bytes are left: those of the connections that have taken least, as
 * whoever takes none of many answers has the most of them.
 */
export function tooMuchUnsent(
  unsent: ReadonlyMap<Connection, Unsent>,
  limit: number,
): readonly ServerHttp2Stream[] {
  let left = [...unsent.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  if (left <= limit) return [];
  const ended: ServerHttp2Stream[] = [];
  for (const { streams } of [...unsent.values()].sort((a, b) => b.bytes - a.bytes)) {
    for (const stream of streams) {
      if (left <= limit) return ended;
      left -= stream.writableLength;
      ended.push(stream);
    }
  }
  return ended;
}
