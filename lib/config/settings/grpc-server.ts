/** What the gRPC server is told by its image, or by hand. */
import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { anyText, integer } from '../value.ts';

export const grpcHost = {
  variable: 'GRPC_HOST',
  type: anyText,
  fallback: '127.0.0.1',
  ...about({ readers: ['grpc'], setBy: 'the image', docs: 'the address that the gRPC server binds to' }),
} as const satisfies Setting;

export const grpcPort = {
  variable: 'GRPC_PORT',
  type: integer(0, 65_535),
  fallback: 50_051,
  ...about({ readers: ['grpc', 'local'], setBy: 'the image', docs: 'the port of native gRPC' }),
} as const satisfies Setting;

export const grpcTlsCert = {
  variable: 'GRPC_TLS_CERT',
  type: anyText,
  ...about({
    readers: ['grpc'],
    docs: "the path of the gRPC server's certificate in PEM; plaintext unless it is set",
  }),
} as const satisfies Setting;

export const grpcTlsKey = {
  variable: 'GRPC_TLS_KEY',
  type: anyText,
  ...about({ readers: ['grpc'], docs: "the path of the certificate's key in PEM" }),
} as const satisfies Setting;

export const grpcMaxConnections = {
  variable: 'GRPC_MAX_CONNECTIONS',
  type: integer(1, 100_000),
  fallback: 1000,
  ...about({ readers: ['grpc'], docs: 'connections that the gRPC server keeps at once' }),
} as const satisfies Setting;
