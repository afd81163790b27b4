/** The environment variables that say where upstream is, and how it may be asked. */
import { ConfigError, flag, integer, optional, readUrl, required, type Environment } from './environment.ts';

export interface UpstreamConfig {
  /** `host:port` of the DataSphere API. */
  readonly address: string;
  /** Whether it is spoken to without TLS, as only a stand-in on this machine is. */
  readonly plaintext: boolean;
  /** Path of a PEM file, or the PEM itself, of those whose word on upstream's certificate is taken; Node's own unless set. */
  readonly rootCertificates: string | undefined;
  /** What all processes together may ask in a second. */
  readonly callsPerSecond: number;
  /** Calls that one process may have under way. */
  readonly maxConcurrentCalls: number;
  readonly tokens: TokenConfig;
}

/** Where IAM tokens come from. */
export type TokenConfig =
  | { readonly from: 'nowhere' }
  | { readonly from: 'given'; readonly token: string }
  | { readonly from: 'instance'; readonly endpoint: string | undefined }
  | {
      readonly from: 'key';
      /** The JSON text of the key file, or the ARN of the secret that holds it. */
      readonly key: { readonly text: string } | { readonly secretArn: string };
      readonly endpoint: string | undefined;
    };

/**
 * Undefined where `UPSTREAM_ENDPOINT` is not set: then there is no upstream.
 *
 * @throws {ConfigError}
 */
export function readUpstream(env: Environment): UpstreamConfig | undefined {
  if (!env['UPSTREAM_ENDPOINT']) return undefined;
  const address = required(env, 'UPSTREAM_ENDPOINT', 'a host:port');
  const [, host] = /^([^\s/:]+):\d{1,5}$/.exec(address) ?? [];
  if (host === undefined)
    throw new ConfigError(
      `UPSTREAM_ENDPOINT is ${JSON.stringify(address)}: it must be a host:port, such as datasphere.api.cloud.yandex.net:443`,
    );
  const onThisMachine = host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host);
  const rootCertificates = optional(env, 'UPSTREAM_ROOT_CERTS');
  return {
    address,
    plaintext: onThisMachine && rootCertificates === undefined,
    rootCertificates,
    callsPerSecond: readRate(env, 'UPSTREAM_CALLS_PER_SECOND'),
    maxConcurrentCalls: integer(env, 'UPSTREAM_MAX_CALLS', { fallback: 8, from: 1, to: 1000 }),
    tokens: readTokens(env, onThisMachine),
  };
}

function readRate(env: Environment, name: string): number {
  const text = env[name];
  if (!text) return 5;
  const value = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  if (value >= 0.01 && value <= 1000) return value;
  throw new ConfigError(`${name} is ${JSON.stringify(text)}: it must be a number from 0.01 to 1000`);
}

/** The variables of which one says where tokens come from. */
const sources = [
  'UPSTREAM_SERVICE_ACCOUNT_KEY',
  'UPSTREAM_KEY_SECRET',
  'UPSTREAM_IAM_TOKEN',
  'UPSTREAM_INSTANCE_TOKEN',
] as const;

function readTokens(env: Environment, onThisMachine: boolean): TokenConfig {
  const given = sources.filter((name) => Boolean(env[name]) && env[name] !== 'false');
  if (given.length > 1) throw new ConfigError(`${given.join(' and ')} are set: it must be one of them`);
  const [source] = given;
  const endpoint = env['UPSTREAM_IAM_ENDPOINT']
    ? readUrl(env, 'UPSTREAM_IAM_ENDPOINT', 'the base address of the IAM API').origin
    : undefined;
  switch (source) {
    case 'UPSTREAM_SERVICE_ACCOUNT_KEY':
      return { from: 'key', key: { text: env[source]! }, endpoint };
    case 'UPSTREAM_KEY_SECRET':
      return { from: 'key', key: { secretArn: env[source]! }, endpoint };
    case 'UPSTREAM_IAM_TOKEN':
      return { from: 'given', token: env[source]! };
    case 'UPSTREAM_INSTANCE_TOKEN':
      flag(env, source);
      return { from: 'instance', endpoint };
    default:
      if (onThisMachine) return { from: 'nowhere' };
      throw new ConfigError(
        `UPSTREAM_ENDPOINT is set, and none of ${sources.join(', ')} is: upstream wants IAM tokens, so it must be one of them`,
      );
  }
}
