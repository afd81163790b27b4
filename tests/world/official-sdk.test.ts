/**
 * The official SDK as the reference client: what it reads of a job through the cache is what it reads upstream, message
 * by message, whatever happened to the job and however the cache came to know of it.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { serverCredentials } from '../../lib/protocol/grpc/credentials.ts';
import { refreshProject } from '../../lib/feeding/refresh-project.ts';
import { syncMessages } from '../../lib/feeding/sync-messages.ts';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { startDynalite, type Engine } from '../support/dynamodb.ts';
import { startFedCache, type FedCache } from '../support/fed-cache.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import type { Life } from '../../infra/upstream-stand-in/job-life.ts';
import { Job, JobStatus } from '../../infra/upstream-stand-in/sdk.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { sdkClient, type SdkClient } from '../upstream-stand-in/sdk-client.ts';

const second = 1000;
const hour = 3600 * second;
/** Every status lasts for ten seconds, so that a step of ten seconds is at most one change. */
const stepMs = 10 * second;
const life: Life = {
  creatingMs: stepMs,
  preparingMs: stepMs,
  executingMs: 3 * stepMs,
  detailsEveryMs: stepMs,
  uploadingMs: stepMs,
  outcome: 'SUCCESS',
  cancellingMs: stepMs,
  dataTtlMs: hour,
};

/** What the SDK makes of an answer: the message, or the code of its error. */
type Answer = Job | { readonly code: number };

let engine: Engine;
let certificate: TestCertificate;
let key: string;
let cache: FedCache;
let service: RunningGrpc;
let upstreamClient: SdkClient;
let cacheClient: SdkClient;
let notices: string[];

beforeAll(async () => {
  engine = await startDynalite();
  certificate = await makeCertificate();
  key = await readFile(certificate.keyFile, 'utf8');
});
afterAll(async () => {
  await certificate.remove();
  await engine.stop();
});
beforeEach(async () => {
  const { endpoint } = engine;
  const tls = { cert: certificate.pem, key };
  cache = await startFedCache({ endpoint, seed: 11, projects: ['p1'], clock: new SimulatedClock(), tls });
  const { store, log } = cache.parts;
  // A read that is shared may be older than the write before it.
  const parts = { store, log, authenticator: openDoor, sharedReadMs: 0 };
  service = await startGrpcService(parts, serverCredentials(certificate));
  const rootCerts = Buffer.from(certificate.pem);
  const upstreamEndpoint = cache.upstream.address.replace('127.0.0.1', 'localhost');
  upstreamClient = sdkClient(upstreamEndpoint, rootCerts, cache.upstream.issueToken());
  cacheClient = sdkClient(`localhost:${service.port}`, rootCerts, 'any');
  notices = [];
  cache.upstream.onNotice((notice) => notices.push(JSON.stringify(notice)));
});
afterEach(async () => {
  await service.stop();
  await cache.stop();
});

const world = () => cache.upstream.world;

function ask(client: SdkClient, jobId: string): Promise<Answer> {
  return client.get(jobId).catch((error: unknown) => ({ code: (error as { readonly code: number }).code }));
}
const directly = (jobId: string): Promise<Answer> => ask(upstreamClient, jobId);
const throughCache = (jobId: string): Promise<Answer> => ask(cacheClient, jobId);

/** A job of that life, with a password or without. Upstream tells of those with an even number that they execute. */
function createJob(changed: Partial<Life> = {}, { password = false } = {}): string {
  for (;;) {
    const id = world().createJob('p1', { life: { ...life, ...changed } });
    const { job, ordinal } = world().jobsIn('p1').at(-1)!;
    if (hasPassword(job) === password && ordinal % 2 === 0) return id;
    world().deleteJob(id);
  }
}
const hasPassword = (job: Job): boolean =>
  job.jobParameters?.env?.dockerImageSpec?.passwordPlainText !== undefined;

async function round(kind: 'running' | 'all' = 'running'): Promise<void> {
  expect(await refreshProject(cache.parts, 'p1', kind, new Deadline(20_000))).toMatchObject({ failed: 0 });
}

/** Delivers the notices that there are, and tells how many. */
async function deliver(): Promise<number> {
  // Those of this very moment too.
  world().advance(0);
  const messages = notices.splice(0).map((body, at) => ({ messageId: String(at), body, redelivered: false }));
  expect(await syncMessages(cache.parts, messages, new Deadline(20_000))).toEqual([]);
  return messages.length;
}

/** Lets a job live to the end of its data, and looks at it after each step. */
async function live(look: () => Promise<Answer>): Promise<readonly string[]> {
  const statuses: string[] = [];
  const note = (answer: Answer): void => {
    const name = 'status' in answer ? JobStatus[answer.status] : 'none';
    if (statuses.at(-1) !== name) statuses.push(name);
  };
  note(await look());
  for (let step = 0; step < 8; step++) {
    world().advance(stepMs);
    note(await look());
  }
  world().advance(hour);
  note(await look());
  return statuses;
}

describe('the official SDK, of a cache that is fed by rounds', () => {
  const outcomes = [
    { outcome: 'SUCCESS', ends: ['UPLOADING_OUTPUT', 'SUCCESS'] },
    { outcome: 'ERROR', ends: ['ERROR'] },
    { outcome: 'CANCELLED', ends: ['CANCELLING', 'CANCELLED'] },
  ] as const;

  it.each(outcomes)(
    'reads what it reads upstream, before and after every change of a job that ends as $outcome',
    async ({ outcome, ends }) => {
      const jobId = createJob({ outcome });
      let told: Answer = { code: 5 };
      const statuses = await live(async () => {
        expect(await throughCache(jobId)).toEqual(told);
        await round();
        told = await directly(jobId);
        expect(await throughCache(jobId)).toEqual(told);
        return told;
      });
      expect(statuses).toEqual(['CREATING', 'PREPARING', 'EXECUTING', ...ends]);
      expect(told).toMatchObject({ dataCleared: true });
    },
  );

  it('reads that a deleted job is not there', async () => {
    const jobId = createJob();
    await round();
    expect(await throughCache(jobId)).toMatchObject({ id: jobId });
    world().deleteJob(jobId);
    await round();
    expect(await throughCache(jobId)).toEqual({ code: 5 });
    expect(await directly(jobId)).toEqual({ code: 5 });
  });

  it('reads all but the Docker password, wherever that stands', async () => {
    const jobId = createJob({}, { password: true });
    await live(async () => {
      await round();
      const told = await directly(jobId);
      expect(await throughCache(jobId)).toEqual(withoutPassword(told as Job));
      return told;
    });
  });
});

describe('the official SDK, of a cache that is fed by notices', () => {
  it('reads what it read upstream at the last change that upstream tells of', async () => {
    const jobId = createJob();
    let told: Answer = { code: 5 };
    const toldStatuses = new Set<string>();
    await live(async () => {
      expect(await throughCache(jobId)).toEqual(told);
      const now = await directly(jobId);
      if ((await deliver()) > 0) {
        told = now;
        toldStatuses.add(JobStatus[(now as Job).status]);
      }
      expect(await throughCache(jobId)).toEqual(told);
      return now;
    });
    // Upstream has no event for the end of a job: that is what rounds are for.
    expect([...toldStatuses]).toEqual(['CREATING', 'PREPARING', 'EXECUTING']);
    await round();
    expect(await throughCache(jobId)).toEqual(await directly(jobId));
  });

  it('reads what it reads upstream after each thing that is done to a job', async () => {
    const jobId = createJob();
    world().advance(2 * stepMs);
    const things: Readonly<Record<string, () => void>> = {
      'it is cancelled': () => {
        world().cancel(jobId);
      },
      'it is kept longer, once it ended': () => {
        world().advance(stepMs);
        world().setDataTtl(jobId, 2 * hour);
      },
      'its data are deleted': () => {
        world().deleteData(jobId);
      },
    };
    let before: Answer = { code: 5 };
    for (const [what, happen] of Object.entries(things)) {
      happen();
      await deliver();
      const answer = await throughCache(jobId);
      expect({ what, answer }).toEqual({ what, answer: await directly(jobId) });
      expect(answer).not.toEqual(before);
      before = answer;
    }
    expect(before).toMatchObject({ status: JobStatus.CANCELLED, dataCleared: true });
  });

  it('reads all but the Docker password, wherever that stands', async () => {
    const jobId = createJob({}, { password: true });
    await deliver();
    expect(await throughCache(jobId)).toEqual(withoutPassword((await directly(jobId)) as Job));
  });
});

/** The same job as it was before anybody wrote a password into it, but for the mark that says where one stood. */
function withoutPassword(job: Job): Job {
  const copy = Job.decode(Job.encode(job).finish());
  const spec = copy.jobParameters!.env!.dockerImageSpec!;
  const password = spec.passwordPlainText!;
  spec.passwordPlainText = undefined;
  copy.config = job.config.replaceAll(password, '[redacted]');
  // It was there, and stands nowhere else.
  expect(copy.config).not.toBe(job.config);
  expect(JSON.stringify(Job.toJSON(copy))).not.toContain(password);
  return copy;
}
