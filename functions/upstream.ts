/**
 * Connects functions to upstream. They import this file only when they need it, and it is a bundle of its own: gRPC and
 * IAM tokens are larger than the rest of a function, and most functions never call upstream.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GetConfig } from '../lib/config/config.ts';
import type { AskUpstream } from '../lib/reading/read-through.ts';
import { storeFromUpstream } from '../lib/feeding/store-from-upstream.ts';
import type { DynamoDb } from '../lib/dynamodb/client/client.ts';
import { createDynamoDbJobStore } from '../lib/dynamodb/job-store.ts';
import { createDynamoDbQuota } from '../lib/dynamodb/quota.ts';
import type { Log } from '../lib/telemetry/log.ts';
import type { UpstreamConfig } from '../lib/config/upstream-config.ts';
import { createJobSource } from '../lib/upstream/create-job-source.ts';
import type { JobSource } from '../lib/upstream/job-source.ts';
import { givenToken } from '../lib/iam/given-token.ts';
import { iamTokens } from '../lib/iam/iam-token.ts';
import { instanceTokens } from '../lib/iam/instance-token.ts';
import { tokensOfReplaceableKey } from '../lib/iam/replaceable-key.ts';
import { parseServiceAccountKey, type ServiceAccountKey } from '../lib/iam/service-account-key.ts';
import type { TokenSource } from '../lib/iam/token-source.ts';

export interface UpstreamDeps {
  readonly client: DynamoDb;
  /** Name of the table, which holds the quota of all processes together. */
  readonly table: string;
  /** The longest that a call of this process waits for the rate limiter, in milliseconds; otherwise it fails at once. */
  readonly longestWaitMs: number;
  readonly log: Log;
}

/** Gives the function that reads one job from upstream and stores it. */
export async function connectReadThrough(
  { readThrough, jobTable: table, tombstoneDays, redactEnvValues }: GetConfig,
  { client, log }: { readonly client: DynamoDb; readonly log: Log },
): Promise<AskUpstream> {
  const deps = {
    upstream: await connectUpstream(readThrough!, { client, table, longestWaitMs: readersWaitMs, log }),
    store: createDynamoDbJobStore({ client, table, tombstoneDays, indexed: true, log }),
    projects: readThrough!.projects,
    redactEnvValues,
    log,
    random: Math.random,
    sleep: (ms: number) => sleep(ms),
  };
  return (jobId, deadline) => storeFromUpstream(deps, jobId, deadline);
}

/** Readers wait little: they ask again, and a scan of ids must not delay rounds and notices. In milliseconds. */
const readersWaitMs = 300;

/** @throws {Error} if the key cannot be read, or a setting is wrong */
export async function connectUpstream(config: UpstreamConfig, deps: UpstreamDeps): Promise<JobSource> {
  const { address, plaintext, rootCertificates, callsPerSecond, maxConcurrentCalls } = config;
  return createJobSource({
    target: {
      address,
      plaintext,
      ...(rootCertificates !== undefined && { rootCertificates: await readPem(rootCertificates) }),
    },
    tokens: await tokensFrom(config.tokens, deps.log),
    callsPerSecond,
    maxConcurrentCalls,
    fleetQuota: createDynamoDbQuota({ ...deps, callsPerSecond }),
    log: deps.log,
  });
}

/** @param given a PEM, or the path of a PEM file */
async function readPem(given: string): Promise<Buffer> {
  return given.includes('-----BEGIN') ? Buffer.from(given) : readFile(given);
}

async function tokensFrom(config: UpstreamConfig['tokens'], log: Log): Promise<TokenSource | undefined> {
  switch (config.from) {
    case 'nowhere':
      return undefined;
    case 'given':
      return givenToken(config.token);
    case 'instance':
      return instanceTokens({ ...endpointOf(config), log });
    case 'key': {
      const { key } = config;
      const tokensOf = (one: ServiceAccountKey) => iamTokens({ key: one, ...endpointOf(config), log });
      if ('text' in key) return tokensOf(parseServiceAccountKey(key.text));
      const readKey = async () => parseServiceAccountKey(await readSecretText(key.secretArn));
      return tokensOfReplaceableKey({ readKey, idOf: ({ keyId }) => keyId, tokensOf, log });
    }
  }
}

function endpointOf({ endpoint }: { readonly endpoint: string | undefined }): { readonly endpoint?: string } {
  return endpoint === undefined ? {} : { endpoint };
}

/** Imported only here: the SDK for secrets takes longer to load than all the rest. */
async function readSecretText(arn: string): Promise<string> {
  const { readSecret } = await import('../lib/adapter/aws-secret.ts');
  return readSecret(arn);
}
