import type { Http2SecureServer, Http2Server } from 'node:http2';
import { logVerbosity, Server, setLogVerbosity, type ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { GetJobParts } from '../../reading/get-job.ts';
import { shareReads } from '../../reading/shared-reads.ts';
import type { Log } from '../../telemetry/log.ts';
import { createAdmission } from '../admission.ts';
import { serviceName } from '../../rpc/get-job-request.ts';
import { limitCalls } from './admission.ts';
import { collectAnsweredCalls } from './answered-calls.ts';
import { limitConnections } from './connections.ts';
import { createGetHandler, longestCallMs } from './get-call.ts';
import { channelOptions, defaultGrpcLimits, type GrpcLimits } from './limits.ts';
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

export interface GrpcServerParts extends GetJobParts {
  readonly log: Log;
  /** The default ones, but for those that are given. */
  readonly limits?: Partial<GrpcLimits>;
  /** The same for those that grpc-js holds. */
  readonly channel?: Partial<Record<keyof typeof channelOptions, number>>;
  /** How long one read of a job is shared by all who ask for it, in milliseconds; 0, the default, shares none. */
  readonly sharedReadMs?: number;
}

/** `ProjectJobService` with health checks and reflection. */
export function createGrpcServer({
  limits: given,
  channel,
  sharedReadMs = 0,
  ...parts
}: GrpcServerParts): GrpcServer {
  const limits = { ...defaultGrpcLimits, ...given };
  const work = createAdmission(limits.calls);
  const bounded: GetJobParts['store'] = { get: (...read) => work.run(() => parts.store.get(...read)) };
  const store = shareReads(bounded, { maxAgeMs: sharedReadMs, timeoutMs: longestCallMs });
  // What grpc-js writes to standard error holds what callers sent, tokens among it.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...channelOptions, ...channel });
  const answered = collectAnsweredCalls(parts.log);
  server.addService(projectJobService, { Get: createGetHandler({ ...parts, store, answered }) });
  const health = new HealthImplementation({ '': 'SERVING', [serviceName]: 'SERVING' });
  health.addToServer(server);
  createReflection().addToServer(server);

  return {
    async start(host, port, credentials) {
      const boundPort = await new Promise<number>((resolve, reject) => {
        server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
          if (error === null) resolve(bound);
          else reject(error);
        });
      });
      for (const http2Server of http2ServersOf(server)) {
        const connections = limitConnections(http2Server, limits);
        limitCalls(http2Server, limits, work, connections, parts.log);
      }
      return boundPort;
    },

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
      answered.flush();
    },
  };
}

/** grpc-js keeps them to itself. A version that keeps them elsewhere must not serve without their limits. */
function http2ServersOf(server: Server): readonly (Http2Server | Http2SecureServer)[] {
  const { http2Servers } = server as unknown as { readonly http2Servers?: unknown };
  if (!(http2Servers instanceof Map) || http2Servers.size === 0)
    throw new Error('this version of @grpc/grpc-js does not show its HTTP/2 servers');
  return [...(http2Servers as ReadonlyMap<Http2Server | Http2SecureServer, unknown>).keys()];
}
