/** What one gRPC server takes on, limit by limit, from connections that keep to no rules. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { serverCredentials } from '../../lib/protocol/grpc/credentials.ts';
import type { GrpcServer } from '../../lib/protocol/grpc/server.ts';
import { WireWriter } from '../../lib/protobuf/wire.ts';
import { makeCertificate } from '../support/certificates.ts';
import { openDoors, type Doors, type DoorsOptions } from '../support/doors.ts';
import {
  connectionStart,
  encodeJobId,
  Flag,
  FrameType,
  getCall,
  grpcMessage,
  headerBlock,
  headersFrames,
  http2Frame,
  openConnection,
  type RawConnection,
} from '../support/http2-frames.ts';
import { grpcServer, type GrpcOptions } from '../support/protocols.ts';
import { rawGrpcCall } from '../support/raw-grpc.ts';
import { grpcJsClient, type RpcResult } from '../support/rpc-clients.ts';

let doors: Doors;
const connections: RawConnection[] = [];
const start = async (options: DoorsOptions): Promise<void> => {
  doors = await openDoors(options);
};
const connectRaw = async (first?: Buffer): Promise<RawConnection> => {
  const connection = await openConnection(doors.grpcPort, first);
  connections.push(connection);
  return connection;
};
const goodCall = () => rawGrpcCall(doors.grpcPort, grpcMessage(encodeJobId('load-job')));

/** Waits for what comes sooner or later. */
async function eventually(isSo: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; !isSo() && Date.now() < endMs;) await sleep(20);
  expect(isSo()).toBe(true);
}

const resets = ({ frames }: RawConnection): number =>
  frames.filter(({ type }) => type === FrameType.rstStream).length;

/** Calls that ended without an answer: reset, or refused with nothing but trailers. */
const ended = (connection: RawConnection): number =>
  resets(connection) +
  connection.frames.filter(({ type, flags }) => type === FrameType.headers && (flags & Flag.endStream) !== 0)
    .length;

describe('a gRPC server', () => {
  afterEach(async () => {
    for (const { socket } of connections.splice(0)) socket.destroy();
    await doors.stop();
  });

  it('refuses the calls beyond its limit at once, says when to try again, and serves the next', async () => {
    await start({ storeMs: 500, grpcCallLimit: 5 });
    const clients = Array.from({ length: 4 }, () => grpcJsClient(`127.0.0.1:${doors.grpcPort}`));
    const calls = clients.flatMap((client) => Array.from({ length: 5 }, () => client.get('load-job')));
    const results: readonly RpcResult[] = await Promise.all(calls);
    const refused = results.filter((result) => 'code' in result);
    expect(results.length - refused.length).toBe(5);
    for (const result of refused) {
      expect(result).toMatchObject({
        code: 'RESOURCE_EXHAUSTED',
        message: '5 calls are under way, as many as there may be; try later',
        details: [
          { type: 'google.rpc.RequestInfo' },
          { type: 'google.rpc.ErrorInfo' },
          { type: 'google.rpc.RetryInfo' },
        ],
      });
    }
    expect(await clients[0]!.get('load-job')).toMatchObject({ job: { id: 'load-job' } });
    for (const client of clients) client.close?.();
  });

  it('answers health checks while it refuses calls', async () => {
    await start({ storeMs: 500, grpcCallLimit: 1 });
    const busy = goodCall();
    await sleep(100);
    expect((await goodCall()).status).toBe('8');
    const health = await rawGrpcCall(
      doors.grpcPort,
      grpcMessage(Buffer.alloc(0)),
      {},
      '/grpc.health.v1.Health/Check',
    );
    expect(health.status).toBe('0');
    expect((await busy).status).toBe('0');
  });

  it('makes room for a new call where one connection fills it with calls that wait for their client', async () => {
    await start({ grpcLimits: { openCalls: 50 } });
    const stalled = Array.from({ length: 50 }, (_, call) => headersFrames(2 * call + 1, headerBlock()));
    const connection = await connectRaw(Buffer.concat([connectionStart, ...stalled]));
    await sleep(300);
    expect((await goodCall()).status).toBe('0');
    await eventually(() => resets(connection) > 0);
  });

  it('ends a Get whose request does not come, and one whose answer is not taken', async () => {
    await start({ grpcLimits: { requestMs: 300, callMs: 900 } });
    const noWindow = http2Frame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
    const sender = await connectRaw(Buffer.concat([connectionStart, headersFrames(1, headerBlock())]));
    const reader = await connectRaw(Buffer.concat([connectionStart, noWindow, getCall(1, 'load-job')]));
    await eventually(() => resets(sender) === 1 && resets(reader) === 1);
  });

  it('gives a connection no new calls while it does not take its answers, and keeps few of them', async () => {
    const mebibyte = 1 << 20;
    await start({
      jobBytes: mebibyte,
      grpcLimits: { unsentBytes: 20 * mebibyte, unsentBytesOfConnection: mebibyte },
    });
    expect((await goodCall()).status).toBe('0');
    const { rssBytes } = await doors.usage();
    const noWindow = http2Frame(FrameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
    const calls = Array.from({ length: 90 }, (_, call) => getCall(2 * call + 1, 'load-job'));
    const readers = await Promise.all(
      [1, 2, 3, 4].map(() => connectRaw(Buffer.concat([connectionStart, noWindow, ...calls]))),
    );
    // All but twenty or so are refused, or were answered and then given up.
    await eventually(() => readers.reduce((sum, reader) => sum + ended(reader), 0) > 4 * 90 - 40);
    expect((await goodCall()).status).toBe('0');
    expect((await doors.usage()).rssBytes - rssBytes).toBeLessThan(150 * mebibyte);
  });

  it('closes the connection that has been idle for the longest time in favour of a new one', async () => {
    await start({ grpcLimits: { connections: 20 } });
    const halfPreface = connectionStart.subarray(0, 10);
    const idle: RawConnection[] = [];
    for (let count = 0; count < 20; count++) idle.push(await connectRaw(halfPreface));
    expect((await goodCall()).status).toBe('0');
    await eventually(() => idle[0]!.socket.destroyed);
    expect(idle[19]!.socket.destroyed).toBe(false);
  });

  it('hangs up on rapid resets, and serves the others', async () => {
    await start({});
    const cancel = Buffer.from([0, 0, 0, 8]);
    const calls = Array.from({ length: 3000 }, (_, call) => [
      headersFrames(2 * call + 1, headerBlock()),
      http2Frame(FrameType.rstStream, 0, 2 * call + 1, cancel),
    ]);
    const { closed } = await connectRaw(Buffer.concat([connectionStart, ...calls.flat()]));
    await closed;
    expect((await goodCall()).status).toBe('0');
  });

  it('refuses metadata of more than 16 KiB', async () => {
    await start({});
    const call = (size: number) =>
      rawGrpcCall(doors.grpcPort, grpcMessage(encodeJobId('load-job')), { 'x-long': 'a'.repeat(size) });
    expect((await call(15_000)).status).toBe('0');
    const refused = await call(17_000);
    expect(refused.headers).toMatchObject({
      'grpc-status': '8',
      'grpc-message': expect.stringContaining('at%20most%2016384%20are%20allowed') as unknown,
    });
  });
});

describe('a gRPC server, in its own time,', () => {
  let server: GrpcServer;
  let port: number;
  const start = async (more: Partial<GrpcOptions> = {}): Promise<void> => {
    server = grpcServer({
      store: { get: () => new Promise(() => undefined) },
      authenticator: openDoor,
      log: () => undefined,
      ...more,
    });
    port = await server.start('127.0.0.1', 0, ServerCredentials.createInsecure());
  };
  const open = async (first?: Buffer): Promise<RawConnection> => {
    const connection = await openConnection(port, first);
    connections.push(connection);
    return connection;
  };
  afterEach(async () => {
    for (const { socket } of connections.splice(0)) socket.destroy();
    await server.stop(100);
  });
  const isOpen = ({ socket }: RawConnection): boolean => !socket.destroyed;
  const pings = ({ frames }: RawConnection): number =>
    frames.filter(({ type, flags }) => type === FrameType.ping && (flags & Flag.ack) === 0).length;
  const settingsAck = http2Frame(FrameType.settings, Flag.ack, 0);

  it('serves 100 calls of one connection at a time, says so, and resets those beyond', async () => {
    await start();
    const { frames } = await open();
    const ofSettings = () => frames.find(({ type, flags }) => type === FrameType.settings && flags === 0);
    await eventually(() => ofSettings() !== undefined);
    const { payload } = ofSettings()!;
    const settings = Array.from({ length: payload.length / 6 }, (_, index) => [
      payload.readUInt16BE(index * 6),
      payload.readUInt32BE(index * 6 + 2),
    ]);
    // SETTINGS_MAX_CONCURRENT_STREAMS
    expect(settings).toContainEqual([3, 100]);

    const calls = Array.from({ length: 101 }, (_, call) => getCall(2 * call + 1, 'a'));
    const greedy = await open(Buffer.concat([connectionStart, ...calls]));
    await eventually(() => resets(greedy) > 0);
    await sleep(100);
    const refused = greedy.frames.filter(({ type }) => type === FrameType.rstStream);
    // REFUSED_STREAM
    expect(refused.map(({ streamId, payload: code }) => [streamId, code.readUInt32BE()])).toEqual([[201, 7]]);
  });

  it('closes a connection without a sign of life, and leaves one that answers its pings', async () => {
    await start({ channel: { 'grpc.keepalive_time_ms': 100, 'grpc.keepalive_timeout_ms': 300 } });
    const first = Buffer.concat([connectionStart, settingsAck]);
    const [dead, alive] = [await open(first), await open(first)];
    let answered = 0;
    const answerPings = setInterval(() => {
      const asked = alive.frames.filter(({ type }) => type === FrameType.ping);
      for (const { payload } of asked.slice(answered))
        alive.socket.write(http2Frame(FrameType.ping, Flag.ack, 0, payload));
      answered = asked.length;
    }, 10);
    await eventually(() => !isOpen(dead) && pings(alive) > 3);
    clearInterval(answerPings);
    expect([pings(dead), isOpen(alive)]).toEqual([1, true]);
  });

  it('closes a connection without a call, and leaves one that has one', async () => {
    await start({ channel: { 'grpc.max_connection_idle_ms': 300 } });
    const idle = await open(Buffer.concat([connectionStart, settingsAck]));
    const busy = await open(Buffer.concat([connectionStart, settingsAck, getCall(1, 'a')]));
    await eventually(() => idle.frames.some(({ type }) => type === FrameType.goaway));
    idle.socket.end();
    expect([isOpen(busy), busy.frames.some(({ type }) => type === FrameType.goaway)]).toEqual([true, false]);
  });

  it('takes a message of 16 KiB, and answers a larger one with RESOURCE_EXHAUSTED', async () => {
    await start({ store: { get: () => Promise.resolve(undefined) } });
    // An id, and an unknown field that fills it up.
    const message = (size: number): Buffer => {
      const id = encodeJobId('a');
      const filling = Buffer.alloc(size - id.length - 4);
      return Buffer.concat([id, new WireWriter().lengthDelimited(100, filling).finish()]);
    };
    expect(message(16_384)).toHaveLength(16_384);
    expect((await rawGrpcCall(port, grpcMessage(message(16_384)))).status).toBe('5');
    expect((await rawGrpcCall(port, grpcMessage(message(16_385)))).status).toBe('8');
  });

  it('ends a call after 10 s, whatever its caller allows', async () => {
    // As readers do: nothing comes, and the deadline ends the wait.
    await start({ store: { get: (_, { deadline }) => deadline.wait(new Promise<never>(() => undefined)) } });
    const startMs = performance.now();
    const { status } = await rawGrpcCall(port, grpcMessage(encodeJobId('a')), { 'grpc-timeout': '1H' });
    expect(status).toBe('4');
    expect(performance.now() - startMs).toBeGreaterThan(9_900);
  }, 30_000);
});

it('closes a connection that does not finish its TLS handshake', async () => {
  const { certFile, keyFile, remove } = await makeCertificate();
  const server = grpcServer({
    store: { get: () => Promise.resolve(undefined) },
    authenticator: openDoor,
    log: () => undefined,
    limits: { handshakeMs: 200 },
  });
  const port = await server.start('127.0.0.1', 0, serverCredentials({ certFile, keyFile }));
  const { socket, closed } = await openConnection(port, Buffer.from([0x16, 0x03]));
  await Promise.race([closed, sleep(10_000, undefined, { ref: false })]);
  expect(socket.destroyed).toBe(true);
  await server.stop(1000);
  await remove();
});
