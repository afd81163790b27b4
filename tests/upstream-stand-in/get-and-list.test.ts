import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Job, JobStatus } from '../support/upstream/sdk.ts';
import { SimulatedClock } from '../support/upstream/timeline.ts';
import { startSecureUpstream, type SdkClient, type SecureUpstream } from './sdk-client.ts';

/** A life with every status in it, each for a second. */
const steady = {
  creatingMs: 1000,
  preparingMs: 1000,
  executingMs: 3000,
  detailsEveryMs: 1000,
  uploadingMs: 1000,
  cancellingMs: 1000,
  dataTtlMs: 60_000,
  outcome: 'SUCCESS',
} as const;

describe('the stand-in upstream', () => {
  let upstream: SecureUpstream;
  let client: SdkClient;

  beforeAll(async () => {
    upstream = await startSecureUpstream({ seed: 7, projects: ['p1', 'p2'], clock: new SimulatedClock() });
    client = upstream.client();
  });
  afterAll(() => upstream.stop());

  const truth = (jobId: string): Job => Job.decode(upstream.world.jobs().get(jobId)!);
  const listed = async (jobId: string): Promise<Job | undefined> => {
    const { jobs } = await client.list({ projectId: 'p1', pageSize: 1000 });
    return jobs.find(({ id }) => id === jobId);
  };

  it.each([
    [steady, ['CREATING', 'PREPARING', 'EXECUTING', 'EXECUTING', 'EXECUTING', 'UPLOADING_OUTPUT', 'SUCCESS']],
    [
      { ...steady, outcome: 'CANCELLED' } as const,
      ['CREATING', 'PREPARING', 'EXECUTING', 'EXECUTING', 'CANCELLING', 'CANCELLED'],
    ],
  ])(
    'tells the SDK by Get and List what the world says, before and after every change',
    async (life, statuses) => {
      const id = upstream.world.createJob('p1', { life });
      const seen: unknown[] = [];
      while (seen.length < statuses.length) {
        const got = await client.get(id);
        expect(got).toEqual(truth(id));
        expect(await listed(id)).toEqual(truth(id));
        seen.push(JobStatus[got.status]);
        upstream.world.advance(1000);
      }
      expect(seen).toEqual(statuses);
    },
  );
});
