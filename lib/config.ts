/** Every environment variable that the deployed functions read, in one place; docs/operations.md lists them. */
import type { LogLevel } from './telemetry/log.ts';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is missing or wrong. The message names it, says what is wrong, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type AuthConfig =
  | { readonly mode: 'none' }
  | { readonly mode: 'iam' }
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
}

/** What the functions that answer Get need. */
export interface GetConfig extends BaseConfig {
  readonly auth: AuthConfig;
}

/** What the native gRPC server needs. */
export interface GrpcConfig extends GetConfig {
  /** Address to bind to. */
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files; undefined for plaintext. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** @throws {ConfigError} */
export function readSyncConfig(env: Environment): BaseConfig {
  return {
    stage: env['STAGE'] ?? 'local',
    jobTable: required(env, 'JOB_TABLE', 'the name of the DynamoDB table that holds the jobs'),
    tombstoneDays: integer(env, 'TOMBSTONE_DAYS', { fallback: 30, from: 1, to: 3650 }),
    logLevel: oneOf(env, 'LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info'),
  };
}

/** @throws {ConfigError} */
export function readGetConfig(env: Environment): GetConfig {
  return { ...readSyncConfig(env), auth: readAuth(env) };
}

/** @throws {ConfigError} */
export function readGrpcConfig(env: Environment): GrpcConfig {
  const certFile = env['GRPC_TLS_CERT'];
  const keyFile = env['GRPC_TLS_KEY'];
  if (Boolean(certFile) !== Boolean(keyFile)) {
    const missing = certFile ? 'GRPC_TLS_KEY' : 'GRPC_TLS_CERT';
    throw new ConfigError(
      `${missing} is not set: TLS takes both a certificate and a key, as paths of PEM files`,
    );
  }
  return {
    ...readGetConfig(env),
    host: env['GRPC_HOST'] ?? '127.0.0.1',
    port: integer(env, 'GRPC_PORT', { fallback: 50051, from: 0, to: 65535 }),
    tls: certFile && keyFile ? { certFile, keyFile } : undefined,
  };
}

function readAuth(env: Environment): AuthConfig {
  const mode = oneOf(env, 'AUTH_MODE', ['jwt', 'iam', 'none']);
  if (mode !== 'jwt') return { mode };
  return {
    mode,
    issuer: required(env, 'JWT_ISSUER', 'the `iss` that tokens must have'),
    audience: required(env, 'JWT_AUDIENCE', 'the `aud` that tokens must have'),
    jwksUri: readUrl(env, 'JWT_JWKS_URI', 'the address of the issuer’s JSON Web Key Set'),
    projectsClaim: env['JWT_PROJECTS_CLAIM'] ?? 'project_ids',
  };
}

function required(env: Environment, name: string, meaning: string): string {
  const value = env[name];
  if (!value) throw new ConfigError(`${name} is not set: it must be ${meaning}`);
  return value;
}

function readUrl(env: Environment, name: string, meaning: string): URL {
  const text = required(env, name, meaning);
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.hostname !== '127.0.0.1') {
    throw new ConfigError(`${name} is ${JSON.stringify(text)}: it must be an https URL, ${meaning}`);
  }
  return url;
}

function oneOf<T extends string>(env: Environment, name: string, allowed: readonly T[], fallback?: T): T {
  const value = env[name];
  if (!value && fallback !== undefined) return fallback;
  const known = allowed.find((candidate) => candidate === value);
  if (known !== undefined) return known;
  const said = value ? `is ${JSON.stringify(value)}` : 'is not set';
  throw new ConfigError(`${name} ${said}: it must be one of ${allowed.join(', ')}`);
}

function integer(
  env: Environment,
  name: string,
  { fallback, from, to }: { readonly fallback: number; readonly from: number; readonly to: number },
): number {
  const text = env[name];
  if (!text) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  throw new ConfigError(`${name} is ${JSON.stringify(text)}: it must be an integer from ${from} to ${to}`);
}
