import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import protobuf from 'protobufjs/minimal.js';
import { Job, JobStatus, ProjectJobServiceService as service } from '../../infra/upstream-stand-in/sdk.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { rawClient } from './raw-client.ts';
import { startSecureUpstream, type SdkClient, type SecureUpstream } from './sdk-client.ts';

/** A life in which each status lasts one second, but EXECUTING three. */
const steady = {
  creatingMs: 1000,
  preparingMs: 1000,
  executingMs: 3000,
  detailsEveryMs: 1000,
  uploadingMs: 1000,
  cancellingMs: 1000,
  dataTtlMs: 5000,
} as const;
const beginning = ['CREATING', 'PREPARING', 'EXECUTING', 'EXECUTING'];

describe('Get and List of the stand-in', () => {
  let upstream: SecureUpstream;
  let client: SdkClient;

  beforeAll(async () => {
    const projects = ['lives', 'bytes', 'filter', 'pages', 'empty'];
    upstream = await startSecureUpstream({ seed: 7, projects, clock: new SimulatedClock() });
    client = upstream.client();
  });
  afterAll(() => upstream.stop());

  const truth = (jobId: string): Job => Job.decode(upstream.world.jobs().get(jobId)!);
  const createJobs = (projectId: string, count: number): string[] =>
    Array.from({ length: count }, () => upstream.world.createJob(projectId));
  const idsOf = ({ jobs }: { readonly jobs: readonly Job[] }): string[] => jobs.map(({ id }) => id);

  it.each([
    ['SUCCESS', [...beginning, 'EXECUTING', 'UPLOADING_OUTPUT', 'SUCCESS']],
    ['CANCELLED', [...beginning, 'CANCELLING', 'CANCELLED']],
  ] as const)(
    'tell the SDK what the world says, before and after every change of a life that ends with %s',
    async (outcome, statuses) => {
      const id = upstream.world.createJob('lives', { life: { ...steady, outcome } });
      const details = new Set<string>();
      for (const status of statuses) {
        const got = await client.get(id);
        const { jobs } = await client.list({ projectId: 'lives' });
        expect(got).toEqual(truth(id));
        expect(jobs.find((job) => job.id === id)).toEqual(truth(id));
        expect(JobStatus[got.status]).toBe(status);
        details.add(got.statusDetails);
        upstream.world.advance(1000);
      }
      expect([...details]).toEqual(expect.arrayContaining(['0 % done', '33 % done']));
    },
  );

  it('a job shows when it started and ended, and its files until its data expire', async () => {
    const id = upstream.world.createJob('lives', { life: { ...steady, outcome: 'SUCCESS' } });
    upstream.world.advance(6000);
    const { startedAt, finishedAt, dataExpiresAt, outputFiles, dataSizeBytes, dataCleared, createdAt } =
      await client.get(id);
    const sinceCreation = [startedAt, finishedAt, dataExpiresAt].map((at) => Number(at) - Number(createdAt));
    expect(sinceCreation).toEqual([2000, 6000, 11_000]);
    expect(outputFiles.length).toBeGreaterThan(0);
    expect(dataSizeBytes).toBeGreaterThan(0);
    expect(dataCleared).toBe(false);

    upstream.world.advance(4999);
    expect(await client.get(id)).toMatchObject({ dataCleared: false });
    upstream.world.advance(1);
    const cleared = { dataCleared: true, outputFiles: [], logFiles: [], dataSizeBytes: 0 };
    expect(await client.get(id)).toMatchObject(cleared);
  });

  it('the history of a job has every answer of Get', () => {
    const { world } = upstream;
    const id = world.createJob('lives', { life: { ...steady, outcome: 'SUCCESS' } });
    const before = world.jobs().get(id)!;
    world.advance(1000);
    const after = world.jobs().get(id)!;
    world.deleteJob(id);
    const { createdAt } = Job.decode(before);
    const [start, prepared] = [createdAt!.getTime(), createdAt!.getTime() + 1000];
    expect(world.history(id)).toEqual([
      { at: start, bytes: before },
      { at: prepared, bytes: after },
      { at: prepared, bytes: undefined },
    ]);
    expect(world.jobs().has(id)).toBe(false);
  });

  it('jobs have 1 to 60 KB, a quarter of them a field that the SDK does not know, and some a password', () => {
    const sizes = createJobs('bytes', 400).map((id) => upstream.world.jobs().get(id)!);
    const kilobytes = sizes.map(({ length }) => length / 1000).sort((a, b) => a - b);
    expect(kilobytes[0]).toBeGreaterThan(1);
    expect(kilobytes.at(-1)).toBeLessThan(60);
    expect(kilobytes.at(-1)).toBeGreaterThan(30);
    const unknown = sizes.filter((bytes) => Job.encode(Job.decode(bytes)).finish().length < bytes.length);
    expect(unknown.length / sizes.length).toBeCloseTo(0.25, 1);
    const passwords = sizes
      .map((bytes) => Job.decode(bytes))
      .filter(({ config, jobParameters }) => {
        const password = jobParameters?.env?.dockerImageSpec?.passwordPlainText;
        return password !== undefined && config.includes(password);
      });
    expect(passwords.length / sizes.length).toBeCloseTo(0.2, 1);
  });

  it('Get and List answer the exact bytes of the world, with fields that the SDK does not know', async () => {
    const id = upstream.world.createJob('bytes', { unknownField: true });
    const raw = rawClient(upstream);
    const bytes = upstream.world.jobs().get(id)!;
    expect(await raw.call('get', service.get.requestSerialize({ jobId: id }))).toEqual(bytes);

    const request = { projectId: 'bytes', pageSize: 50, pageToken: '', filter: '' };
    const listed = jobsIn(await raw.call('list', service.list.requestSerialize(request)));
    raw.close();
    expect(listed).toHaveLength(50);
    const expected = idsOf(await client.list(request)).map((jobId) => upstream.world.jobs().get(jobId)!);
    expect(Buffer.concat(listed).equals(Buffer.concat(expected))).toBe(true);
  });

  it('Get and List answer NOT_FOUND for a deleted job, an unknown id and an unknown project', async () => {
    const [id = ''] = createJobs('lives', 1);
    upstream.world.deleteJob(id);
    for (const jobId of [id, 'bt1nosuchjob00000000', ''])
      await expect(client.get(jobId)).rejects.toMatchObject({ name: 'ClientError', code: 5 });
    await expect(client.list({ projectId: 'another' })).rejects.toMatchObject({ code: 5 });
    expect(await client.list({ projectId: 'empty' })).toEqual({ jobs: [], nextPageToken: '' });
  });

  it('methods other than Get and List are UNIMPLEMENTED', async () => {
    await expect(client.cancel('any')).rejects.toMatchObject({ code: 12 });
  });

  it('List filters by status only', async () => {
    const { world } = upstream;
    const [creating, executing, uploading] = stuck.map((life) =>
      world.createJob('filter', { life: { ...steady, outcome: 'SUCCESS', ...life } }),
    );
    world.advance(1000);
    const list = async (filter: string) => idsOf(await client.list({ projectId: 'filter', filter }));
    expect(await list('status IN (CREATING)')).toEqual([creating]);
    expect(await list('status IN (EXECUTING, UPLOADING_OUTPUT)')).toEqual([uploading, executing]);
    expect(await list(' status  IN (EXECUTING,CREATING) ')).toEqual([executing, creating]);
    expect(await list('status IN (SUCCESS)')).toEqual([]);
    expect(await list('')).toEqual([uploading, executing, creating]);
  });

  it.each([
    'status IN ()',
    'status IN (RUNNING)',
    'status IN (JOB_STATUS_UNSPECIFIED)',
    'status IN (UNRECOGNIZED)',
    'status IN (2)',
    'status in (EXECUTING)',
    'status = EXECUTING',
    'status NOT IN (EXECUTING)',
    'name IN (EXECUTING)',
    'status IN (EXECUTING) AND status IN (ERROR)',
  ])('List refuses the filter %j', async (filter) => {
    await expect(client.list({ projectId: 'filter', filter })).rejects.toMatchObject({ code: 3 });
  });

  it('List refuses a filter of more than 1,000 characters', async () => {
    const filter = `status IN (${'EXECUTING, '.repeat(100)}ERROR)`;
    const message = 'filter is longer than 1000 characters';
    await expect(client.list({ projectId: 'filter', filter })).rejects.toMatchObject({ details: message });
  });

  it('pages of List begin with the newest job, and no job is lost or repeated while others come and go', async () => {
    const { world } = upstream;
    const ids = createJobs('pages', 25).reverse();
    const first = await client.list({ projectId: 'pages', pageSize: 10 });
    expect(idsOf(first)).toEqual(ids.slice(0, 10));
    createJobs('pages', 3);
    for (const gone of [ids[2]!, ids[9]!, ids[10]!]) world.deleteJob(gone);
    const second = await client.list({ projectId: 'pages', pageSize: 10, pageToken: first.nextPageToken });
    expect(idsOf(second)).toEqual(ids.slice(11, 21));
    const last = await client.list({ projectId: 'pages', pageSize: 10, pageToken: second.nextPageToken });
    expect(idsOf(last)).toEqual(ids.slice(21));
    expect(last.nextPageToken).toBe('');
  });

  it('a page of List has 100 jobs by default, and at most 1,000', async () => {
    const request = { projectId: 'bytes' };
    expect((await client.list(request)).jobs).toHaveLength(100);
    for (const pageSize of [-1, 1001])
      await expect(client.list({ ...request, pageSize })).rejects.toMatchObject({ code: 3 });
    expect((await client.list({ projectId: 'pages', pageSize: 1000 })).jobs).toHaveLength(25);
  });

  it('List refuses the page token of another list', async () => {
    const { nextPageToken: pageToken } = await client.list({ projectId: 'pages', pageSize: 1 });
    for (const wrong of [
      { projectId: 'bytes', pageToken },
      { projectId: 'pages', pageToken, filter: 'status IN (ERROR)' },
      { projectId: 'pages', pageToken: 'made-up' },
    ])
      await expect(client.list(wrong)).rejects.toMatchObject({ code: 3 });
  });
});

/** Lives that reach CREATING, EXECUTING and UPLOADING_OUTPUT after a second, and stay there. */
const hour = 3_600_000;
const stuck = [
  { creatingMs: hour },
  { creatingMs: 100, preparingMs: 100, executingMs: hour, detailsEveryMs: hour },
  { creatingMs: 100, preparingMs: 100, executingMs: 100, uploadingMs: hour },
];

/** The bytes of each job in a ListProjectJobResponse. */
function jobsIn(response: Uint8Array): Uint8Array[] {
  const reader = protobuf.Reader.create(response);
  const jobs: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const field = reader.uint32() >>> 3;
    const value = reader.bytes();
    if (field === 1) jobs.push(new Uint8Array(value));
  }
  return jobs;
}
