import type { Http2SecureServer, Http2Server } from 'node:http2';
import {
  logVerbosity,
  Server,
  setLogVerbosity,
  type ServerCredentials,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Admission } from '../../reading/admission.ts';
import type { Method } from '../../rpc/method.ts';
import type { Log } from '../../telemetry/log.ts';
import { collectAnsweredCalls, type AnsweredCalls } from './answered-calls.ts';
import { limitConnections } from './connections.ts';
import { channelOptions, defaultGrpcLimits, type GrpcLimits } from './limits.ts';
import { limitCalls } from './open-calls.ts';
import { createReflection } from './reflection.ts';
import { serviceDefinition } from './service-definition.ts';
import { createStreamingHandler } from './streaming-call.ts';
import { createUnaryHandler } from './unary-call.ts';

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

export interface GrpcServerDeps {
  readonly methods: readonly Method[];
  readonly admission: Admission;
  readonly log: Log;
  /** The default ones, but for those that are given. */
  readonly limits?: Partial<GrpcLimits>;
  /** The same for those that grpc-js holds. */
  readonly channel?: Partial<Record<keyof typeof channelOptions, number>>;
}

/** The methods' services with health checks and reflection. */
export function createGrpcServer({ limits: given, channel, ...deps }: GrpcServerDeps): GrpcServer {
  const { methods, log } = deps;
  const limits = { ...defaultGrpcLimits, ...given };
  // What grpc-js writes to standard error holds what callers sent, tokens among it.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...channelOptions, ...channel });
  const answered = collectAnsweredCalls(log);
  const services = Map.groupBy(methods, ({ service }) => service);
  for (const ofService of services.values()) {
    const handlers = ofService.map((method) => [method.name, createHandler(method, { log, answered })]);
    server.addService(
      serviceDefinition(ofService),
      Object.fromEntries(handlers) as UntypedServiceImplementation,
    );
  }
  const names = ['', ...services.keys()];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING'])));
  health.addToServer(server);
  createReflection([...services.keys()]).addToServer(server);

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
        limitCalls(http2Server, { limits, ...deps }, connections);
      }
      return boundPort;
    },

    async stop(graceMs) {
      for (const name of names) health.setStatus(name, 'NOT_SERVING');
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

function createHandler(
  method: Method,
  { log, answered }: { readonly log: Log; readonly answered: AnsweredCalls },
): UntypedHandleCall {
  return method.kind === 'unary'
    ? createUnaryHandler(method, { log, answered })
    : createStreamingHandler(method, log);
}

/** grpc-js keeps them to itself. A version that keeps them elsewhere must not serve without their limits. */
function http2ServersOf(server: Server): readonly (Http2Server | Http2SecureServer)[] {
  const { http2Servers } = server as unknown as { readonly http2Servers?: unknown };
  if (!(http2Servers instanceof Map) || http2Servers.size === 0)
    throw new Error('this version of @grpc/grpc-js does not show its HTTP/2 servers');
  return [...(http2Servers as ReadonlyMap<Http2Server | Http2SecureServer, unknown>).keys()];
}
