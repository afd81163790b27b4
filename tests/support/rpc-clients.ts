/** Clients that nobody here wrote, behind one shape, so that one suite can hold them all to the same answers. */
import { fromBinary, type Message } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import grpcWeb from 'grpc-web';
import { createRequire } from 'node:module';

import { decodeRpcMessage, jobDesc, serviceDesc } from './job-descriptors.ts';

export interface RpcDetail {
  readonly type: string;
  readonly value: Uint8Array;
}

export type RpcResult =
  | {
      readonly job: Message;
      readonly bytes?: Uint8Array;
      readonly metadata: Readonly<Record<string, string>>;
    }
  | { readonly code: string; readonly message: string; readonly details: readonly RpcDetail[] };

export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface RpcClient {
  readonly get: (jobId: string, options?: CallOptions) => Promise<RpcResult>;
  readonly close?: () => void;
}

/** A client of connect-node's, for any of its transports. */
export function connectNodeClient(transport: Transport, service = serviceDesc): RpcClient {
  const client = createClient(service, transport) as unknown as Record<
    'get',
    (request: object, options: object) => Promise<Message>
  >;
  return {
    get: async (jobId, { metadata = {}, timeoutMs } = {}) => {
      let headers: Readonly<Record<string, string>> = {};
      const onHeader = (header: Headers): void => {
        headers = Object.fromEntries(header);
      };
      try {
        const options = { headers: metadata, onHeader, ...(timeoutMs !== undefined && { timeoutMs }) };
        return { job: await client.get({ jobId }, options), metadata: headers };
      } catch (error) {
        const { code, rawMessage, details } = ConnectError.from(error);
        return {
          code: upperSnake(Code[code]),
          message: rawMessage,
          details: details as unknown as RpcDetail[],
        };
      }
    },
  };
}

function upperSnake(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** The service with Get marked NO_SIDE_EFFECTS, which upstream's is not: only so does Connect use its GET form. */
function serviceWithSafeGet(): typeof serviceDesc {
  const idempotency = MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  const get = { ...serviceDesc.method['get']!, idempotency };
  return { ...serviceDesc, methods: [get], method: { get } };
}

export type ClientFactory = (ports: { readonly http: string; readonly grpc: number }) => RpcClient;

const http1 = (baseUrl: string) => ({ baseUrl, httpVersion: '1.1' as const });

export const clientFactories: Readonly<Record<string, ClientFactory>> = {
  'connect-node, Connect in binary': ({ http }) =>
    connectNodeClient(createConnectTransport({ ...http1(http), useBinaryFormat: true })),
  'connect-node, Connect in JSON': ({ http }) =>
    connectNodeClient(createConnectTransport({ ...http1(http), useBinaryFormat: false })),
  'connect-node, Connect with GET in binary': ({ http }) =>
    connectNodeClient(
      createConnectTransport({ ...http1(http), useHttpGet: true, useBinaryFormat: true }),
      serviceWithSafeGet(),
    ),
  'connect-node, Connect with GET in JSON': ({ http }) =>
    connectNodeClient(
      createConnectTransport({ ...http1(http), useHttpGet: true, useBinaryFormat: false }),
      serviceWithSafeGet(),
    ),
  'connect-node, gRPC-Web in binary': ({ http }) =>
    connectNodeClient(createGrpcWebTransport({ ...http1(http), useBinaryFormat: true })),
  'connect-node, native gRPC': ({ grpc: port }) =>
    connectNodeClient(createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` })),
  'grpc-js': ({ grpc: port }) => grpcJsClient(`127.0.0.1:${port}`),
  'grpc-web, binary': ({ http }) => grpcWebClient(http, 'binary'),
  'grpc-web, text': ({ http }) => grpcWebClient(http, 'text'),
};

const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
const encodeRequest = (jobId: string): Buffer => {
  const id = Buffer.from(jobId);
  return Buffer.concat([
    Buffer.from([0x0a]),
    Buffer.from(id.length < 128 ? [id.length] : [(id.length & 0x7f) | 0x80, id.length >> 7]),
    id,
  ]);
};

export function grpcJsClient(address: string, credentials = grpc.credentials.createInsecure()): RpcClient {
  const client = new grpc.Client(address, credentials);
  return {
    close: () => {
      client.close();
    },
    get: (jobId, { metadata = {}, timeoutMs = 15_000 } = {}) =>
      new Promise((resolve) => {
        const sent = new grpc.Metadata();
        for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
        let received: grpc.Metadata | undefined;
        const done = (error: grpc.ServiceError | null, bytes?: Buffer): void => {
          if (error === null)
            resolve({ job: fromBinary(jobDesc, bytes!), bytes: bytes!, metadata: toRecord(received!) });
          else
            resolve({
              code: grpc.status[error.code],
              message: error.details,
              details: statusDetails(error.metadata),
            });
        };
        const call = client.makeUnaryRequest(
          path,
          encodeRequest,
          asItIs,
          jobId,
          sent,
          { deadline: Date.now() + timeoutMs },
          done,
        );
        call.on('metadata', (initial) => {
          received = initial;
        });
      }),
  };
}

const asItIs = (bytes: Buffer): Buffer => bytes;

function toRecord(metadata: grpc.Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}

function statusDetails(trailers: grpc.Metadata): readonly RpcDetail[] {
  const [bytes] = trailers.get('grpc-status-details-bin');
  return bytes === undefined ? [] : decodeDetails(bytes as Buffer);
}

function decodeDetails(bytes: Uint8Array): readonly RpcDetail[] {
  const { details } = decodeRpcMessage('Status', bytes);
  return details.map(({ typeUrl, value }) => ({ type: typeUrl.split('/')[1]!, value }));
}

/** The `grpc-web` package is made for browsers; of a browser it needs XMLHttpRequest. */
function grpcWebClient(baseUrl: string, format: 'binary' | 'text'): RpcClient {
  const { XMLHttpRequest } = createRequire(import.meta.url)('xhr2') as { XMLHttpRequest: unknown };
  Object.assign(globalThis, { XMLHttpRequest });
  const client = new grpcWeb.GrpcWebClientBase({ format });
  const descriptor = new grpcWeb.MethodDescriptor<string, Uint8Array>(
    path,
    'unary',
    String as never,
    Uint8Array,
    (jobId: string) => new Uint8Array(encodeRequest(jobId)),
    (bytes: Uint8Array) => bytes,
  );
  return {
    get: (jobId, { metadata = {}, timeoutMs } = {}) =>
      new Promise((resolve) => {
        const deadline = timeoutMs === undefined ? {} : { deadline: String(Date.now() + timeoutMs) };
        let received: Readonly<Record<string, string>> = {};
        const stream = client.rpcCall(
          baseUrl + path,
          jobId,
          { ...metadata, ...deadline },
          descriptor,
          (error, bytes) => {
            if ((error as unknown) === null) {
              setImmediate(() => {
                resolve({ job: fromBinary(jobDesc, bytes), bytes, metadata: received });
              });
              return;
            }
            const trailer = error.metadata['grpc-status-details-bin'];
            const details = trailer === undefined ? [] : decodeDetails(Buffer.from(trailer, 'base64'));
            resolve({ code: grpc.status[error.code]!, message: error.message, details });
          },
        );
        stream.on('metadata', (initial) => {
          received = initial;
        });
      }),
  };
}
