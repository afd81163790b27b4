/** The native gRPC server on a free port of this machine. */
import { ServerCredentials } from '@grpc/grpc-js';
import { createGrpcServer, type GrpcServerParts } from '../../lib/protocol/grpc/server.ts';

export interface RunningGrpc {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export async function startGrpcService(
  parts: GrpcServerParts,
  credentials = ServerCredentials.createInsecure(),
): Promise<RunningGrpc> {
  const server = createGrpcServer(parts);
  const port = await server.start('127.0.0.1', 0, credentials);
  return { port, stop: () => server.stop(2000) };
}
