/** A service to call: a table on a real engine with some jobs in it, behind a proxy that can misbehave. */
import type { Authenticator } from '../../lib/auth/authenticator.ts';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { tombstone, type Document } from '../../lib/job/document.ts';
import { merge, patchDocument, snapshotDocument } from '../../lib/job/merge.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import type { JobReader } from '../../lib/store/job-store.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import { unauthenticated } from '../../lib/auth/bearer-token.ts';
import { createTable, startDynalite } from './dynamodb.ts';
import { startProxy, type Proxy } from './dynamodb-proxy.ts';
import { jobBytes } from './documents.ts';

export interface TestService {
  readonly parts: {
    readonly store: JobReader;
    readonly authenticator: Authenticator;
    readonly log: Log;
  };
  readonly proxy: Proxy;
  /** Name of the table. */
  readonly table: string;
  /** Every line that was logged. */
  readonly logged: string[];
  readonly write: (jobId: string, document: Document) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Reads project `p1`; everybody else's token is refused. */
export const p1Reader: Authenticator = {
  scheme: 'Bearer',
  authenticate: ({ authorization }) =>
    authorization === 'Bearer good'
      ? Promise.resolve({ mayRead: (projectId: string) => projectId === 'p1' })
      : Promise.reject(unauthenticated('CREDENTIALS_REFUSED', 'the token does not verify')),
};

/** Ids of jobs that all services here have, by what is the matter with them. */
export const jobIds = {
  plain: 'plain-job',
  large: 'large-job',
  unknownFields: 'unknown-fields-job',
  deleted: 'deleted-job',
  invisible: 'invisible-job',
  otherProject: 'other-project-job',
} as const;

/** A field number that no version of Job has. */
const unknownField = Buffer.from([0xc2, 0x3e, 3, 0x61, 0x62, 0x63]);

/** The Job's bytes by id, for those that can be read. */
export const storedJobs: Readonly<Record<string, Uint8Array>> = {
  [jobIds.plain]: jobBytes({ id: jobIds.plain, name: 'Обучение "ResNet"\n😀', status: 2, config: 'cmd: x' }),
  [jobIds.large]: jobBytes({
    id: jobIds.large,
    status: 4,
    config: 'line of a large configuration\n'.repeat(4000),
  }),
  [jobIds.unknownFields]: Buffer.concat([jobBytes({ id: jobIds.unknownFields, status: 77 }), unknownField]),
};

export const plainRevision = 7n;

export async function startService(authenticator = openDoor): Promise<TestService> {
  const engine = await startDynalite();
  const proxy = await startProxy(engine.endpoint);
  const table = await createTable(proxy.endpoint);
  const logged: string[] = [];
  const log = (...line: readonly unknown[]): void =>
    void logged.push(JSON.stringify(line, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)));
  const store = createDynamoDbJobStore({ ...table, tombstoneDays: 30, log });
  const write = async (jobId: string, document: Document): Promise<void> => {
    await store.put(jobId, document, {
      expect: { unchangedFrom: undefined },
      deadline: new Deadline(10_000),
    });
  };
  for (const [id, job] of Object.entries(storedJobs)) await write(id, snapshotDocument(job, plainRevision));
  const late = patchDocument(new Uint8Array(), [3], 9n);
  await write('patched-job', merge(snapshotDocument(jobBytes({ id: 'patched-job' }), plainRevision), late));
  await write(jobIds.deleted, tombstone);
  await write(jobIds.invisible, patchDocument(jobBytes({ id: jobIds.invisible }), [1, 9], 3n));
  await write(
    jobIds.otherProject,
    snapshotDocument(jobBytes({ id: jobIds.otherProject, projectId: 'p2' }), 3n),
  );
  return {
    parts: { store: createDynamoDbJobReader(table), authenticator, log },
    proxy,
    table: table.table,
    logged,
    write,
    stop: async () => {
      table.client.destroy();
      await proxy.stop();
      await engine.stop();
    },
  };
}
