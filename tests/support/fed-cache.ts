/** A job table that is fed by the stand-in for upstream, with the parts that the functions put together. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { Document } from '../../lib/job/document.ts';
import type { RefreshParts } from '../../lib/feeding/round.ts';
import { snapshotOf } from '../../lib/feeding/upstream-snapshot.ts';
import { createDynamoDbJobIndex } from '../../lib/dynamodb/job-index.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { createDynamoDbRefreshLeases } from '../../lib/dynamodb/refresh-leases.ts';
import { createDynamoDbRefreshStateReader } from '../../lib/dynamodb/refresh-state.ts';
import type { JobStore } from '../../lib/store/job-store.ts';
import type { RefreshLeases, RefreshStateReader } from '../../lib/store/refresh-leases.ts';
import type { UpstreamTarget } from '../../lib/upstream/connection.ts';
import { createJobSource } from '../../lib/upstream/create-job-source.ts';
import { createTable, type TestTable } from './dynamodb.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

export interface FedCache {
  readonly upstream: Upstream;
  readonly table: TestTable;
  /** Their clock is the world's. */
  readonly parts: RefreshParts & {
    readonly leases: RefreshLeases;
    readonly store: JobStore;
  };
  readonly states: RefreshStateReader;
  /** The ids of the jobs that were written, in order; cleared by whoever wants to count anew. */
  readonly written: string[];
  /** The lines that were logged, as `level message`. */
  readonly logged: string[];
  /** What the table holds of a job. */
  readonly stored: (jobId: string) => Promise<Document | undefined>;
  readonly stop: () => Promise<void>;
}

export type FedCacheOptions = Parameters<typeof startUpstream>[0] & {
  readonly endpoint: string;
  readonly callsPerSecond?: number;
};

/** @param options.endpoint of a DynamoDB-speaking engine */
export async function startFedCache({
  endpoint,
  callsPerSecond = 1000,
  ...options
}: FedCacheOptions): Promise<FedCache> {
  const upstream = await startUpstream(options);
  const table = await createTable(endpoint);
  const written: string[] = [];
  const logged: string[] = [];
  const log = (level: string, message: string): void => void logged.push(`${level} ${message}`);
  const now = (): Date => new Date(options.clock === 'real' ? Date.now() : options.clock.now());
  const store = createDynamoDbJobStore({ ...table, tombstoneDays: 30, indexed: true, log, now });
  const source = createJobSource({
    target: targetOf(upstream, options),
    // Simulated time may pass a token's life between two calls.
    tokens: { token: () => Promise.resolve(upstream.issueToken()), invalidate: () => undefined },
    callsPerSecond,
    burst: callsPerSecond,
    maxConcurrentCalls: 32,
    log,
  });
  return {
    upstream,
    table,
    written,
    logged,
    parts: {
      upstream: source,
      store: {
        ...store,
        put: async (jobId, document, writeOptions) => {
          const result = await store.put(jobId, document, writeOptions);
          if (result.written) written.push(jobId);
          return result;
        },
      },
      index: createDynamoDbJobIndex(table),
      leases: createDynamoDbRefreshLeases({ ...table, now }),
      redactEnvValues: false,
      log,
      now,
      random: Math.random,
      sleep: (ms) => sleep(ms),
    },
    states: createDynamoDbRefreshStateReader(table),
    stored: async (jobId) =>
      (await store.get(jobId, { consistent: true, deadline: new Deadline(10_000) }))?.document,
    stop: async () => {
      source.close();
      await upstream.stop();
      await table.drop();
    },
  };
}

/** With TLS by the name that certificates of tests are for. */
function targetOf({ address }: Upstream, { tls }: Pick<FedCacheOptions, 'tls'>): UpstreamTarget {
  if (tls === undefined) return { address, plaintext: true };
  return { address: address.replace('127.0.0.1', 'localhost'), rootCertificates: Buffer.from(tls.cert) };
}

/** What a cache may hold of a job that upstream answers with: its bytes, without the password. */
export function kept(jobId: string, bytes: Uint8Array): Uint8Array {
  return snapshotOf(bytes, jobId, 1n, { redactEnvValues: false }).job;
}

const second = 1000;

/** Of a job that runs for an hour, and whose data are kept for a day. */
export const hourLongLife = {
  creatingMs: second,
  preparingMs: second,
  executingMs: 3600 * second,
  detailsEveryMs: 600 * second,
  uploadingMs: second,
  outcome: 'SUCCESS',
  cancellingMs: second,
  dataTtlMs: 24 * 3600 * second,
} as const;
