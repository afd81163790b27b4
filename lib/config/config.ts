/** What each process is told, checked one by one and together: by the rows in settings/. */
import { optional, required, withDefault, type Environment } from './environment.ts';
import type { LogLevel } from '../telemetry/log.ts';
import { isLoopback } from '../runtime/loopback.ts';
import type { PrincipalConfig } from './principals.ts';
import * as access from './settings/access.ts';
import * as grpc from './settings/grpc.ts';
import * as grpcServer from './settings/grpc-server.ts';
import * as logging from './settings/logging.ts';
import * as storing from './settings/storing.ts';
import * as surroundings from './settings/surroundings.ts';
import * as upstream from './settings/upstream.ts';
import { readUpstream, readUpstreamAt, type UpstreamConfig } from './upstream-config.ts';
import { ConfigError } from './value.ts';

export type AuthConfig =
  | { readonly mode: 'none' }
  | {
      readonly mode: 'iam';
      /** Undefined where every principal that IAM lets through may read every project. */
      readonly principals: readonly PrincipalConfig[] | undefined;
    }
  | {
      readonly mode: 'jwt';
      readonly issuer: string;
      readonly audience: string;
      readonly jwksUri: URL;
      /** Name of the claim that lists the projects a caller may read. */
      readonly projectsClaim: string;
    };

/** What every function needs. */
export interface BaseConfig {
  /** Name of the stage, for the metrics. */
  readonly stage: string;
  /** Name of the DynamoDB table. */
  readonly jobTable: string;
  /** How long a deleted job's tombstone is kept. */
  readonly tombstoneDays: number;
  readonly logLevel: LogLevel;
  /** Whether the values of jobs' environment variables are replaced before they are stored. */
  readonly redactEnvValues: boolean;
}

/** What the function that merges events needs. */
export interface SyncConfig extends BaseConfig {
  /** Undefined where there is no upstream to ask. */
  readonly upstream: UpstreamConfig | undefined;
}

/** What the function that looks at running jobs needs. */
export interface RefreshConfig extends SyncConfig {
  readonly upstream: UpstreamConfig;
  /** Ids of the projects that are looked at. */
  readonly projects: readonly string[];
  /** From one look at the running jobs to the next. */
  readonly refreshSeconds: number;
}

/** What reading jobs needs that the table does not have. */
export interface ReadThroughConfig extends UpstreamConfig {
  /** Ids of the projects whose jobs are kept, since they are looked at. */
  readonly projects: readonly string[];
}

/** What the functions that answer Get need. */
export interface GetConfig extends BaseConfig {
  readonly auth: AuthConfig;
  /** Who is asked for jobs that the table does not have; undefined where nobody is. */
  readonly readThrough: ReadThroughConfig | undefined;
  /** How often running jobs are looked at; undefined where only events tell of them. */
  readonly refreshSeconds: number | undefined;
}

/** What the function behind HTTP needs. */
export interface HttpConfig extends GetConfig {
  /** Origins whose pages may read answers; `*` for every one; none unless set. */
  readonly corsOrigins: readonly string[];
}

/** What the native gRPC server needs. */
export interface GrpcConfig extends GetConfig {
  /** Address to bind to; an IPv6 one in brackets. */
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files; undefined for plaintext. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Calls that the server works on at the same time. */
  readonly maxCalls: number;
  /** Connections that are open at the same time. */
  readonly maxConnections: number;
  /** How old a read may be that another call of the same job shares, in milliseconds; 0 where none is shared. */
  readonly sharedReadMs: number;
}

/** @throws {ConfigError} */
export function readSyncConfig(env: Environment): SyncConfig {
  return { ...readBaseConfig(env), upstream: readUpstream(env) };
}

/** @throws {ConfigError} */
export function readRefreshConfig(env: Environment): RefreshConfig {
  return {
    ...readBaseConfig(env),
    upstream: readUpstreamAt(required(env, upstream.upstream), env),
    projects: required(env, upstream.upstreamProjects),
    refreshSeconds: withDefault(env, upstream.refreshSeconds),
  };
}

function readBaseConfig(env: Environment): BaseConfig {
  return {
    stage: withDefault(env, surroundings.stage),
    jobTable: required(env, storing.table),
    tombstoneDays: withDefault(env, storing.tombstoneDays),
    logLevel: withDefault(env, logging.logLevel),
    redactEnvValues: withDefault(env, storing.redactEnvValues),
  };
}

/** @throws {ConfigError} */
export function readGetConfig(env: Environment): GetConfig {
  const base = readBaseConfig(env);
  const readThrough = withDefault(env, upstream.readThrough) ? readReadThrough(env) : undefined;
  const auth = readAuth(env);
  if (auth.mode === 'none' && isLambda(env)) {
    throw new ConfigError(
      'AUTH_MODE is "none" in a Lambda function, which would let everybody read every job: it must be jwt or iam',
    );
  }
  return { ...base, readThrough, refreshSeconds: optional(env, upstream.refreshSeconds), auth };
}

function readReadThrough(env: Environment): ReadThroughConfig {
  const source = readUpstream(env);
  if (source === undefined)
    throw new ConfigError('READ_THROUGH is "true" and UPSTREAM_ENDPOINT is not set: there is nothing to ask');
  return { ...source, projects: required(env, upstream.upstreamProjects) };
}

function isLambda(env: Environment): boolean {
  const runtime = optional(env, surroundings.lambdaRuntime) ?? '';
  if (optional(env, surroundings.lambdaRuntimeApi) || runtime.startsWith('AWS_Lambda_')) return true;
  const functionName = optional(env, surroundings.lambdaFunctionName);
  return functionName !== undefined && optional(env, surroundings.isOffline) !== 'true';
}

/** @throws {ConfigError} */
export function readHttpConfig(env: Environment): HttpConfig {
  const config = readGetConfig(env);
  const corsOrigins = (optional(env, access.corsOrigins) ?? []).filter((origin) => origin !== '');
  if (corsOrigins.length > 0 && config.auth.mode === 'iam') {
    throw new ConfigError(
      'CORS_ORIGINS is set, and AUTH_MODE is "iam", where API Gateway refuses preflights: use "jwt"',
    );
  }
  return { ...config, corsOrigins };
}

/** @throws {ConfigError} */
export function readGrpcConfig(env: Environment): GrpcConfig {
  const tls = readTls(env);
  const config = readGetConfig(env);
  const host = inBrackets(withDefault(env, grpcServer.grpcHost));
  if (config.auth.mode === 'iam') {
    throw new ConfigError(
      'AUTH_MODE is "iam", which API Gateway checks; native gRPC does not come through it: it must be jwt',
    );
  }
  if (config.auth.mode === 'none' && !isLoopback(host)) {
    throw new ConfigError(
      `GRPC_HOST is ${JSON.stringify(host)} and AUTH_MODE is "none", which would let everybody read every job: ` +
        'it must be a loopback address such as 127.0.0.1, or AUTH_MODE jwt',
    );
  }
  return {
    ...config,
    host,
    port: withDefault(env, grpcServer.grpcPort),
    tls,
    maxCalls: withDefault(env, grpc.grpcMaxCalls),
    sharedReadMs: withDefault(env, grpc.grpcSharedReadMs),
    maxConnections: withDefault(env, grpcServer.grpcMaxConnections),
  };
}

function readTls(env: Environment): GrpcConfig['tls'] {
  const certFile = optional(env, grpcServer.grpcTlsCert);
  const keyFile = optional(env, grpcServer.grpcTlsKey);
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  const missing = certFile === undefined ? grpcServer.grpcTlsCert : grpcServer.grpcTlsKey;
  throw new ConfigError(
    `${missing.variable} is not set: TLS takes both a certificate and a key, as paths of PEM files`,
  );
}

/** An IPv6 address as a host of an address with a port. */
function inBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function readAuth(env: Environment): AuthConfig {
  const mode = required(env, access.auth);
  if (mode === 'none') return { mode };
  if (mode === 'iam') return { mode, principals: optional(env, access.iamProjects) };
  return {
    mode,
    issuer: required(env, access.jwtIssuer),
    audience: required(env, access.jwtAudience),
    jwksUri: required(env, access.jwtJwksUri),
    projectsClaim: withDefault(env, access.jwtProjectsClaim),
  };
}
