/** Bare HTTP/2 and gRPC frames, right or wrong, as no client would send them. */
import { connect, type Socket } from 'node:net';

export const FrameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { none: 0, endStream: 1, ack: 1, endHeaders: 4 } as const;

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
export function http2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}

/** What a connection begins with: the preface and empty settings. */
export const connectionStart = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  http2Frame(FrameType.settings, Flag.none, 0),
]);

export const getPath = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';

/** The headers of a Get, some of them changed, as literals that need no table. */
export function headerBlock(changes: Readonly<Record<string, string>> = {}): Buffer {
  const headers = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': getPath,
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...changes,
  };
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [Buffer.of(0), hpackString(name), hpackString(value)]),
  );
}

/** @see https://www.rfc-editor.org/rfc/rfc7541#section-5.2 */
function hpackString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = rest >>> 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** HEADERS, and CONTINUATION where the block is too long for one frame. */
export function headersFrames(streamId: number, block: Buffer, flags = 0): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += 16_384) {
    const type = at === 0 ? FrameType.headers : FrameType.continuation;
    const last = at + 16_384 >= block.length ? Flag.endHeaders : 0;
    frames.push(http2Frame(type, last | (at === 0 ? flags : 0), streamId, block.subarray(at, at + 16_384)));
  }
  return Buffer.concat(frames);
}

/** A gRPC message with its prefix; flag 1 is for compressed ones. */
export function grpcMessage(message: Uint8Array, { flags = 0, length = message.length } = {}): Buffer {
  const header = Buffer.alloc(5);
  header[0] = flags;
  header.writeUInt32BE(length, 1);
  return Buffer.concat([header, message]);
}

export function encodeJobId(jobId: string): Buffer {
  return Buffer.concat([Buffer.of(0x0a, jobId.length), Buffer.from(jobId)]);
}

/** A whole Get as a client sends it. */
export function getCall(
  streamId: number,
  jobId: string,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  return Buffer.concat([
    headersFrames(streamId, headerBlock(headers)),
    http2Frame(FrameType.data, Flag.endStream, streamId, grpcMessage(encodeJobId(jobId))),
  ]);
}

export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A connection that says what it is told to, and listens. */
export interface RawConnection {
  readonly socket: Socket;
  readonly frames: readonly ReceivedFrame[];
  readonly closed: Promise<void>;
}

export async function openConnection(port: number, first: Buffer = connectionStart): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  const frames: ReceivedFrame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let size; rest.length >= 9 && rest.length >= (size = 9 + rest.readUIntBE(0, 3));) {
      const [type, flags] = [rest[3]!, rest[4]!];
      frames.push({ type, flags, streamId: rest.readUInt32BE(5), payload: rest.subarray(9, size) });
      rest = rest.subarray(size);
    }
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      resolve();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => {
      resolve();
    });
    socket.once('error', reject);
  });
  socket.write(first);
  return { socket, frames, closed };
}
