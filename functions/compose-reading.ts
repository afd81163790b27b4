/** What everything that answers reads is made of, whatever protocols it speaks: the methods, over the table. */
import type { Authenticator } from '../lib/auth/authenticator.ts';
import { createAuthenticator } from '../lib/auth/create-authenticator.ts';
import type { GetConfig } from '../lib/config/config.ts';
import type { DynamoDb } from '../lib/dynamodb/client/client.ts';
import { createDynamoDbJobReader } from '../lib/dynamodb/job-reader.ts';
import { createDynamoDbRefreshStateReader } from '../lib/dynamodb/refresh-state.ts';
import { boundReads, createAdmission, type Admission } from '../lib/reading/admission.ts';
import { createFreshness } from '../lib/reading/freshness.ts';
import { createReadThrough } from '../lib/reading/read-through.ts';
import { createMethods } from '../lib/rpc/methods.ts';
import type { Method } from '../lib/rpc/method.ts';
import { lazily } from '../lib/runtime/lazily.ts';
import type { JobReader } from '../lib/store/job-store.ts';
import type { Log } from '../lib/telemetry/log.ts';

export interface ReadingDeps {
  readonly client: DynamoDb;
  readonly log: Log;
  /** How many calls may be under way; the usual number unless set. */
  readonly callLimit?: number;
  /** Makes one read for many callers, for servers that have them; each makes a read of their own unless set. */
  readonly share?: (reader: JobReader) => JobReader;
}

export interface Reading {
  readonly methods: readonly Method[];
  readonly admission: Admission;
  readonly authenticator: Authenticator;
}

export function composeReading(config: GetConfig, deps: ReadingDeps): Reading {
  const { auth, jobTable: table, readThrough, refreshSeconds } = config;
  const { client, log, callLimit, share = (reader: JobReader) => reader } = deps;
  const connect = lazily(async () => {
    const { connectReadThrough } = await import('./upstream.ts');
    return connectReadThrough(config, { client, log });
  });
  // The first Get that misses a job has little time to wait for this.
  if (readThrough !== undefined) connect().catch(() => undefined);
  const admission = createAdmission(callLimit);
  const authenticator = createAuthenticator(auth);
  const methods = createMethods({
    store: share(boundReads(createDynamoDbJobReader({ client, table }), admission)),
    authenticator,
    freshness:
      refreshSeconds === undefined
        ? undefined
        : createFreshness(createDynamoDbRefreshStateReader({ client, table }), { refreshSeconds }),
    readThrough: readThrough && createReadThrough(connect),
  });
  return { methods, admission, authenticator };
}
