/** The native gRPC server on a free port of this machine. */
import { ServerCredentials } from '@grpc/grpc-js';
import { grpcServer, type GrpcOptions } from './protocols.ts';

export interface RunningGrpc {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** What GRPC_SHARED_READ_MS is unless it is set: as in production, so that no test is of a server that nobody runs. */
const productionSharedReadMs = 50;

export async function startGrpcService(
  options: GrpcOptions,
  credentials = ServerCredentials.createInsecure(),
): Promise<RunningGrpc> {
  const server = grpcServer({ sharedReadMs: productionSharedReadMs, ...options });
  const port = await server.start('127.0.0.1', 0, credentials);
  return { port, stop: () => server.stop(2000) };
}
