/** A round through a project, against the stand-in for upstream and a DynamoDB-speaking engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { patchDocument } from '../../lib/job/merge.ts';
import { refreshProject, type RoundKind } from '../../lib/feeding/refresh-project.ts';
import { writeNews } from '../../lib/feeding/write-news.ts';
import { Status } from '../../lib/runtime/status.ts';
import { startDynalite, type Engine } from '../support/dynamodb.ts';
import { hourLongLife, kept, startFedCache, type FedCache } from '../support/fed-cache.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';

const second = 1000;
const hour = 3600 * second;
const life = hourLongLife;
const short = { ...life, executingMs: second, detailsEveryMs: second };

let engine: Engine;
let cache: FedCache;
let clock: SimulatedClock;

beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());
beforeEach(async () => {
  clock = new SimulatedClock();
  cache = await startFedCache({ endpoint: engine.endpoint, seed: 7, projects: ['p1', 'p2'], clock });
});
afterEach(() => cache.stop());

const deadline = (): Deadline => new Deadline(20_000);
const round = (kind: RoundKind = 'running') => refreshProject(cache.parts, 'p1', kind, deadline());
const world = () => cache.upstream.world;

/** Every job of the world is in the table as it is, and no other. */
async function expectEqualToWorld(): Promise<void> {
  for (const [jobId, bytes] of world().jobs())
    expect(await cache.stored(jobId)).toMatchObject({ deleted: false, job: kept(jobId, bytes) });
  const live = (await cache.table.items()).filter((item) => 'digest' in item);
  expect(live.map((item) => (item['job_id'] as { S: string }).S).toSorted()).toEqual(
    [...world().jobs().keys()].toSorted(),
  );
}

describe('a round', () => {
  it('asks for smaller pages where a page has more bytes than are taken', async () => {
    for (let job = 0; job < 30; job++) world().createJob('p1', { life });
    const { upstream } = cache.parts;
    const list: typeof upstream.list = (request, within) => {
      if (request.pageSize > 25)
        return Promise.reject(new Status('UPSTREAM_RESPONSE_TOO_LARGE', 'too many bytes'));
      return upstream.list(request, within);
    };
    const parts = { ...cache.parts, upstream: { ...upstream, list } };
    expect(await refreshProject(parts, 'p1', 'running', deadline())).toMatchObject({ added: 30, pages: 2 });
    await expectEqualToWorld();
  });

  it('stores all running jobs of a project from one List, and none of another project', async () => {
    for (let job = 0; job < 3; job++) world().createJob('p1', { life });
    const other = world().createJob('p2', { life });
    expect(await round()).toMatchObject({ added: 3, confirmed: 0, pages: 1, calls: 1 });
    expect(await cache.stored(other)).toBeUndefined();
    expect(cache.upstream.calls.count()).toBe(1);
  });

  it('takes as many pages as there are', async () => {
    for (let job = 0; job < 230; job++) world().createJob('p1', { life });
    expect(await round()).toMatchObject({ added: 230, pages: 3, calls: 3 });
    await expectEqualToWorld();
  });

  it('writes nothing, and reads no document, where nothing is new', async () => {
    for (let job = 0; job < 5; job++) world().createJob('p1', { life });
    await round();
    cache.written.length = 0;
    const noReads = { ...cache.parts.store, get: () => Promise.reject(new Error('a document was read')) };
    const quiet = { ...cache.parts, store: noReads };
    expect(await refreshProject(quiet, 'p1', 'running', deadline())).toMatchObject({
      confirmed: 5,
      calls: 1,
    });
    expect(cache.written).toEqual([]);
  });

  it('follows every change of a running job', async () => {
    const jobId = world().createJob('p1', { life });
    for (const step of [0, 1, 1, 600, 600]) {
      world().advance(step * second);
      await round();
      expect(await cache.stored(jobId)).toMatchObject({ job: kept(jobId, world().jobs().get(jobId)!) });
    }
  });

  it('reads a job that left the list once, for its end', async () => {
    world().createJob('p1', { life: short });
    world().createJob('p1', { life });
    await round();
    world().advance(60 * second);
    expect(await round()).toMatchObject({ corrected: 2, calls: 2 });
    await expectEqualToWorld();
    expect(await round()).toMatchObject({ confirmed: 1, calls: 1 });
  });

  it('finds the end of a job that no round ever listed, such as one whose notice was read while it ran', async () => {
    const jobId = world().createJob('p1', { life: short });
    await round();
    world().advance(60 * second);
    // The list of the last round is forgotten; the table remembers that the job ran.
    expect(await round()).toMatchObject({ corrected: 1 });
    expect(await cache.stored(jobId)).toMatchObject({ job: kept(jobId, world().jobs().get(jobId)!) });
  });

  it('reads an ended job again when its data expire, and then no more', async () => {
    world().createJob('p1', { life: short });
    await round();
    world().advance(60 * second);
    await round();
    cache.upstream.calls.clear();
    expect(await round()).toMatchObject({ calls: 1 });
    world().advance(24 * hour);
    expect(await round()).toMatchObject({ corrected: 1, calls: 2 });
    await expectEqualToWorld();
    expect(await round()).toMatchObject({ calls: 1 });
  });

  it('looks at ever longer intervals at a job whose data should be gone and are not', async () => {
    world().createJob('p1', { life: short });
    await round();
    world().advance(60 * second);
    await round();
    world().pause();
    world().advance(24 * hour);
    const looks: number[] = [];
    for (let minute = 0; minute <= 64; minute++) {
      if ((await round()).calls > 1) looks.push(minute);
      world().advance(60 * second);
    }
    expect(looks).toEqual([0, 1, 3, 7, 15, 31, 63]);
  });

  it('marks a job as deleted that was deleted while it ran', async () => {
    const jobId = world().createJob('p1', { life });
    await round();
    world().deleteJob(jobId);
    expect(await round()).toMatchObject({ removed: 1, calls: 2 });
    expect(await cache.stored(jobId)).toEqual({ deleted: true });
    expect(await round()).toMatchObject({ removed: 0, calls: 1 });
  });

  it('finds a job that was deleted after its end when it lists all jobs', async () => {
    const jobId = world().createJob('p1', { life: short });
    world().advance(60 * second);
    expect(await round('all')).toMatchObject({ added: 1 });
    world().deleteJob(jobId);
    expect(await round('running')).toMatchObject({ removed: 0 });
    expect(await round('all')).toMatchObject({ removed: 1 });
    expect(await cache.stored(jobId)).toEqual({ deleted: true });
  });

  it('corrects an ended job that is wrong in the table when it lists all jobs', async () => {
    const jobId = world().createJob('p1', { life: short });
    world().advance(60 * second);
    await round('all');
    world().deleteData(jobId);
    expect(await round('all')).toMatchObject({ corrected: 1, calls: 1 });
    await expectEqualToWorld();
    expect(await round('all')).toMatchObject({ confirmed: 1, calls: 1 });
  });

  it('makes a job visible of which only patches were known', async () => {
    const jobId = world().createJob('p1', { life });
    const patch = patchDocument(world().jobs().get(jobId)!, [1, 2, 9], 5n);
    await writeNews(cache.parts, jobId, patch, deadline());
    expect(await round()).toMatchObject({ added: 1 });
    await expectEqualToWorld();
  });

  it('says nothing against a document that knows something newer', async () => {
    const jobId = world().createJob('p1', { life });
    await round();
    const ahead = BigInt(Date.now() + hour) * 1000n;
    const name = new Uint8Array([0x12, 3, 0x6e, 0x65, 0x77]);
    await writeNews(cache.parts, jobId, patchDocument(name, [2], ahead), deadline());
    expect(await round()).toMatchObject({ overtaken: 1, corrected: 0 });
  });

  it('puts a document into the index that was written before there was one', async () => {
    const jobId = world().createJob('p1', { life });
    await round();
    const [item] = await cache.table.items();
    const { digest, look_at, ...old } = item as Record<string, never>;
    expect([digest, look_at]).not.toContain(undefined);
    const { PutItemCommand } = await import('@aws-sdk/client-dynamodb');
    await cache.table.client.send(new PutItemCommand({ TableName: cache.table.table, Item: old }));
    expect(await cache.parts.index.list('p1', { deadline: deadline() })).toEqual(new Map());
    expect(await round()).toMatchObject({ confirmed: 1 });
    expect([...(await cache.parts.index.list('p1', { deadline: deadline() })).keys()]).toEqual([jobId]);
  });

  it('fails as a whole where the project cannot be listed, and changes nothing', async () => {
    world().createJob('p1', { life });
    await round();
    cache.written.length = 0;
    Object.assign(cache.upstream.faults, { failRate: 1, failCode: 'PERMISSION_DENIED' });
    await expect(round()).rejects.toMatchObject({ name: 'Status' });
    expect(cache.written).toEqual([]);
  });

  it('counts a job that cannot be read, and goes on with the others', async () => {
    const [lost, found] = [
      world().createJob('p1', { life: short }),
      world().createJob('p1', { life: short }),
    ];
    await round();
    world().advance(60 * second);
    const { upstream } = cache.parts;
    const parts = {
      ...cache.parts,
      upstream: {
        ...upstream,
        get: (jobId: string, until: Deadline) =>
          jobId === lost ? Promise.reject(new Error('no')) : upstream.get(jobId, until),
      },
    };
    expect(await refreshProject(parts, 'p1', 'running', deadline())).toMatchObject({
      failed: 1,
      corrected: 1,
    });
    expect(await cache.stored(found)).toMatchObject({ job: kept(found, world().jobs().get(found)!) });
    expect(cache.logged).toContain('warn job not refreshed');
    await round();
    await expectEqualToWorld();
  });
});
