/** Where upstream is, and how it may be asked. */
import { isLoopback } from '../runtime/loopback.ts';
import { optional, required, withDefault, type Environment } from './environment.ts';
import type { Setting } from './setting.ts';
import * as settings from './settings/upstream.ts';
import {
  upstreamIamToken,
  upstreamInstanceToken,
  upstreamServiceAccountKey,
} from './settings/upstream-tokens.ts';
import { ConfigError } from './value.ts';

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
 * Undefined if `UPSTREAM_ENDPOINT` is not set: then there is no upstream.
 *
 * @throws {ConfigError}
 */
export function readUpstream(env: Environment): UpstreamConfig | undefined {
  const address = optional(env, settings.upstream);
  return address === undefined ? undefined : readUpstreamAt(address, env);
}

/** @throws {ConfigError} */
export function readUpstreamAt(address: string, env: Environment): UpstreamConfig {
  const onThisMachine = isLoopback(address.slice(0, address.lastIndexOf(':')));
  const rootCertificates = optional(env, settings.upstreamRootCerts);
  return {
    address,
    plaintext: onThisMachine && rootCertificates === undefined,
    rootCertificates,
    callsPerSecond: withDefault(env, settings.upstreamCallsPerSecond),
    maxConcurrentCalls: withDefault(env, settings.upstreamMaxCalls),
    tokens: readTokens(env, onThisMachine),
  };
}

/** The settings of which one says where tokens come from. */
const sources = [
  upstreamServiceAccountKey,
  settings.upstreamKeySecret,
  upstreamIamToken,
  upstreamInstanceToken,
] as const;

function readTokens(env: Environment, onThisMachine: boolean): TokenConfig {
  const endpoint = optional(env, settings.upstreamIamEndpoint)?.origin;
  const names = (some: readonly Setting[], between: string) =>
    some.map(({ variable }) => variable).join(between);
  const given = sources.filter((one) => optional<string | boolean>(env, one));
  if (given.length > 1) throw new ConfigError(`${names(given, ' and ')} are set: it must be one of them`);
  const [source] = given;
  switch (source) {
    case upstreamServiceAccountKey:
      return { from: 'key', key: { text: required(env, source) }, endpoint };
    case settings.upstreamKeySecret:
      return { from: 'key', key: { secretArn: required(env, source) }, endpoint };
    case upstreamIamToken:
      return { from: 'given', token: required(env, source) };
    case upstreamInstanceToken:
      return { from: 'instance', endpoint };
    default:
      if (onThisMachine) return { from: 'nowhere' };
      throw new ConfigError(
        `UPSTREAM_ENDPOINT is set, and none of ${names(sources, ', ')} is: upstream wants IAM tokens, so it must be one of them`,
      );
  }
}
