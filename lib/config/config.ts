/** Every environment variable that the deployed functions read, in one place; docs/operations.md lists them. */
import { ConfigError, flag, integer, oneOf, readUrl, required, type Environment } from './environment.ts';
import type { LogLevel } from '../telemetry/log.ts';
import { readUpstream, type UpstreamConfig } from './upstream-config.ts';

export { ConfigError, type Environment };

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

/** Which projects the principals may read that a pattern stands for. */
export interface PrincipalConfig {
  /** An ARN, in which `*` stands for any characters but a colon, and `?` for one of them. */
  readonly principal: string;
  /** Ids of projects, or `*` for all. */
  readonly projects: readonly string[];
}

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

/** What the function that merges events needs. */
export interface SyncConfig extends BaseConfig {
  /** Whether the values of jobs' environment variables are replaced before they are stored. */
  readonly redactEnvValues: boolean;
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
  /** Whether the values of jobs' environment variables are replaced before they are stored. */
  readonly redactEnvValues: boolean;
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
  /** Address to bind to. */
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
  return {
    ...readBaseConfig(env),
    redactEnvValues: flag(env, 'REDACT_ENV_VALUES'),
    upstream: readUpstream(env),
  };
}

/** @throws {ConfigError} */
export function readRefreshConfig(env: Environment): RefreshConfig {
  const { upstream, ...config } = readSyncConfig(env);
  if (upstream === undefined)
    throw new ConfigError('UPSTREAM_ENDPOINT is not set: it must be the host:port that jobs are read from');
  return {
    ...config,
    upstream,
    projects: readProjects(env),
    refreshSeconds: readRefreshSeconds(env) ?? 10,
  };
}

function readProjects(env: Environment): readonly string[] {
  const projects = required(env, 'UPSTREAM_PROJECTS', 'a list of project ids, with commas').split(',');
  const wrong = projects.find((id) => !/^[\w-]{1,64}$/.test(id.trim()));
  if (wrong === undefined) return [...new Set(projects.map((id) => id.trim()))];
  throw new ConfigError(
    `UPSTREAM_PROJECTS has ${JSON.stringify(wrong)}: it must be a list of project ids, with commas`,
  );
}

function readRefreshSeconds(env: Environment): number | undefined {
  if (!env['REFRESH_SECONDS']) return undefined;
  return integer(env, 'REFRESH_SECONDS', { fallback: 10, from: 2, to: 3600 });
}

function readBaseConfig(env: Environment): BaseConfig {
  return {
    stage: env['STAGE'] ?? 'local',
    jobTable: required(env, 'JOB_TABLE', 'the name of the DynamoDB table that holds the jobs'),
    tombstoneDays: integer(env, 'TOMBSTONE_DAYS', { fallback: 30, from: 1, to: 3650 }),
    logLevel: oneOf(env, 'LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info'),
  };
}

/** @throws {ConfigError} */
export function readGetConfig(env: Environment): GetConfig {
  const base = { ...readBaseConfig(env), redactEnvValues: flag(env, 'REDACT_ENV_VALUES') };
  const readThrough = flag(env, 'READ_THROUGH') ? readReadThrough(env) : undefined;
  const auth = readAuth(env);
  if (auth.mode === 'none' && isLambda(env)) {
    throw new ConfigError(
      'AUTH_MODE is "none" in a Lambda function, which would let everybody read every job: it must be jwt or iam',
    );
  }
  return { ...base, readThrough, refreshSeconds: readRefreshSeconds(env), auth };
}

function readReadThrough(env: Environment): ReadThroughConfig {
  const upstream = readUpstream(env);
  if (upstream === undefined)
    throw new ConfigError('READ_THROUGH is "true" and UPSTREAM_ENDPOINT is not set: there is nobody to ask');
  return { ...upstream, projects: readProjects(env) };
}

/**
 * Whether this is Lambda, where functions face the internet. A function's own settings cannot set these variables.
 * serverless-offline sets the name too, and says that it is not Lambda.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
function isLambda(env: Environment): boolean {
  const isRuntime =
    Boolean(env['AWS_LAMBDA_RUNTIME_API']) || (env['AWS_EXECUTION_ENV'] ?? '').startsWith('AWS_Lambda_');
  return isRuntime || (Boolean(env['AWS_LAMBDA_FUNCTION_NAME']) && env['IS_OFFLINE'] !== 'true');
}

/** @throws {ConfigError} */
export function readHttpConfig(env: Environment): HttpConfig {
  const config = readGetConfig(env);
  const corsOrigins = readOrigins(env, 'CORS_ORIGINS');
  if (corsOrigins.length > 0 && config.auth.mode === 'iam') {
    throw new ConfigError(
      'CORS_ORIGINS is set, and AUTH_MODE is "iam", where API Gateway refuses preflights: use "jwt"',
    );
  }
  return { ...config, corsOrigins };
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
  const config = readGetConfig(env);
  const host = env['GRPC_HOST'] ?? '127.0.0.1';
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
    port: integer(env, 'GRPC_PORT', { fallback: 50051, from: 0, to: 65535 }),
    tls: certFile && keyFile ? { certFile, keyFile } : undefined,
    maxCalls: integer(env, 'GRPC_MAX_CALLS', { fallback: 500, from: 1, to: 100_000 }),
    sharedReadMs: integer(env, 'GRPC_SHARED_READ_MS', { fallback: 50, from: 0, to: 60_000 }),
    maxConnections: integer(env, 'GRPC_MAX_CONNECTIONS', { fallback: 1000, from: 1, to: 100_000 }),
  };
}

/** An address that only this machine reaches. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readAuth(env: Environment): AuthConfig {
  const mode = oneOf(env, 'AUTH_MODE', ['jwt', 'iam', 'none']);
  if (mode === 'none') return { mode };
  if (mode === 'iam') return { mode, principals: readPrincipals(env) };
  return {
    mode,
    issuer: required(env, 'JWT_ISSUER', 'the `iss` that tokens must have'),
    audience: required(env, 'JWT_AUDIENCE', 'the `aud` that tokens must have'),
    jwksUri: readUrl(env, 'JWT_JWKS_URI', 'the address of the issuer’s JSON Web Key Set'),
    projectsClaim: env['JWT_PROJECTS_CLAIM'] ?? 'project_ids',
  };
}

const principalsForm =
  'it must be a JSON object of principals and lists of projects, or "*" for all of them, ' +
  'such as {"arn:aws:iam::123456789012:role/dashboard":["bt1project"]}';

function readPrincipals(env: Environment): readonly PrincipalConfig[] | undefined {
  const text = env['IAM_PROJECTS'];
  if (!text) return undefined;
  const json = parseJson(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError(`IAM_PROJECTS is no JSON object: ${principalsForm}`);
  }
  return Object.entries(json).map(([principal, given]: [string, unknown]) => {
    const projects = given === '*' ? ['*'] : given;
    if (!isPrincipal(principal) || !isProjectList(projects)) {
      throw new ConfigError(`IAM_PROJECTS is wrong at ${JSON.stringify(principal)}: ${principalsForm}`);
    }
    if (/:role\/.*\//.test(principal)) {
      throw new ConfigError(
        `IAM_PROJECTS names ${principal}: it must be without the role's path, which the ARNs of its sessions lack`,
      );
    }
    return { principal, projects };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The ARN of a principal of IAM or STS, or a pattern of one. */
function isPrincipal(text: string): boolean {
  return /^arn:aws[a-z-]*:(iam|sts)::(\d{12}|\*):[^:]+$/.test(text);
}

function isProjectList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
}

function readOrigins(env: Environment, name: string): readonly string[] {
  const origins = (env[name] ?? '').split(',').map((origin) => origin.trim());
  const given = origins.filter((origin) => origin !== '');
  const isOrigin = (text: string): boolean => !text.includes('*') && URL.parse(text)?.origin === text;
  const wrong = given.find((origin) => origin !== '*' && !isOrigin(origin));
  if (wrong === undefined) return given;
  throw new ConfigError(
    `${name} has ${JSON.stringify(wrong)}: it must be a list of origins, https://example.org or *`,
  );
}
