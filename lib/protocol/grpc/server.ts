import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { GetJobParts } from '../../service/get-job.ts';
import type { Log } from '../../telemetry/log.ts';
import { serviceName } from '../get-job-request.ts';
import { createGetHandler } from './get-call.ts';
import { createReflection } from './reflection.ts';
import { projectJobService } from './service-definition.ts';

/** A native gRPC server that has not started yet. */
export interface GrpcServer {
  /**
   * Binds and serves.
   *
   * @param port 0 for any that is free
   * @returns the port
   * @throws {Error} where the port cannot be bound
   */
  start(host: string, port: number, credentials: ServerCredentials): Promise<number>;
  /** Refuses new calls, and ends when those in flight have ended, or after `graceMs` without them. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Limits of one connection. grpc-js refuses what goes beyond them with RESOURCE_EXHAUSTED or by ending the stream.
 *
 * @see https://github.com/grpc/grpc-node/tree/master/packages/grpc-js#supported-channel-options
 */
const limits = {
  // A Get takes 66 bytes; reflection's requests name a symbol or a file.
  'grpc.max_receive_message_length': 16 * 1024,
  // Documents are refused long before; a client sets its own limit, 4 MB unless told otherwise.
  'grpc.max_send_message_length': -1,
  'grpc.max_concurrent_streams': 256,
  // A token with its claims is a few kilobytes.
  'grpc.max_metadata_size': 16 * 1024,
  // Finds peers that vanished without a word.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // A poller asks more often than that.
  'grpc.max_connection_idle_ms': 15 * 60_000,
} as const;

/** `ProjectJobService` with health checks and reflection. */
export function createGrpcServer(parts: GetJobParts & { readonly log: Log }): GrpcServer {
  const server = new Server(limits);
  server.addService(projectJobService, { Get: createGetHandler(parts) });
  const health = new HealthImplementation({ '': 'SERVING', [serviceName]: 'SERVING' });
  health.addToServer(server);
  createReflection().addToServer(server);

  return {
    start: (host, port, credentials) =>
      new Promise((resolve, reject) => {
        server.bindAsync(`${host}:${port}`, credentials, (error, boundPort) => {
          if (error === null) resolve(boundPort);
          else reject(error);
        });
      }),

    async stop(graceMs) {
      health.setStatus('', 'NOT_SERVING');
      health.setStatus(serviceName, 'NOT_SERVING');
      let timer: NodeJS.Timeout | undefined;
      const drained = new Promise<void>((resolve) => {
        server.tryShutdown(() => {
          resolve();
        });
      });
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([drained, late]);
      clearTimeout(timer);
      server.forceShutdown();
    },
  };
}
