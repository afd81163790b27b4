/** Native gRPC calls in bare HTTP/2, with bodies that no client would send. */
import { connect, constants } from 'node:http2';
import { getPath } from './http2-frames.ts';

export interface RawAnswer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** Number of the gRPC code; where the stream was reset, of the one that gRPC has for that. */
  readonly status: string | undefined;
}

/** How long an answer is waited for, in milliseconds: longer than the longest call. */
const patienceMs = 20_000;

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors */
const statusOfReset: Readonly<Record<number, string>> = {
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: '8',
  [constants.NGHTTP2_CANCEL]: '1',
};

/** A connection for one call after another, or for several at the same time. */
export interface RawGrpcConnection {
  readonly call: (
    body: Buffer,
    headers?: Readonly<Record<string, string>>,
    path?: string,
  ) => Promise<RawAnswer>;
  readonly close: () => void;
}

export function openRawGrpc(port: number): RawGrpcConnection {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const call: RawGrpcConnection['call'] = async (body, headers = {}, path = getPath) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.setTimeout(patienceMs, () => {
      stream.close();
    });
    const chunks: Buffer[] = [];
    let received: RawAnswer['headers'] = {};
    let trailers: RawAnswer['trailers'] = {};
    stream.on('response', (initial) => {
      received = initial;
    });
    stream.on('trailers', (last: RawAnswer['trailers']) => {
      trailers = last;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.end(body);
    await new Promise<void>((resolve) => {
      stream.on('close', resolve);
      stream.on('error', () => undefined);
    });
    const status = trailers['grpc-status'] ?? received['grpc-status'] ?? statusOfReset[stream.rstCode];
    return { headers: received, trailers, body: Buffer.concat(chunks), status: status as string | undefined };
  };
  return {
    call,
    close: () => {
      session.destroy();
    },
  };
}

export async function rawGrpcCall(
  port: number,
  ...request: Parameters<RawGrpcConnection['call']>
): Promise<RawAnswer> {
  const connection = openRawGrpc(port);
  try {
    return await connection.call(...request);
  } finally {
    connection.close();
  }
}
