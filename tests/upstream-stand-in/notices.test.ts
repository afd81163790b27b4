import { afterEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '../../infra/upstream-stand-in/audit-events.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

const running: Upstream[] = [];

/** A stand-in with one project, and the notices that it has delivered, with their times. */
async function start(seed: number) {
  const upstream = await startUpstream({ seed, projects: ['p1'], clock: new SimulatedClock() });
  running.push(upstream);
  const notices: { readonly at: number; readonly notice: Envelope }[] = [];
  upstream.onNotice((notice) => notices.push({ at: upstream.world.now, notice }));
  return { upstream, world: upstream.world, notices };
}

afterEach(async () => {
  for (const upstream of running.splice(0)) await upstream.stop();
});

/** A field in either spelling. */
function read(notice: unknown, name: string): unknown {
  const fields = notice as Readonly<Record<string, unknown>>;
  return fields[name] ?? fields[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}

const eventId = ({ notice }: { readonly notice: Envelope }): unknown => read(notice, 'event_id');

/** Events such as `CreateJob DONE` of one job, in the order of delivery. */
function about(notices: readonly { readonly notice: Envelope }[], jobId: string): readonly string[] {
  return notices.flatMap(({ notice }) => {
    const details = read(notice, 'details');
    const ids = [read(details, 'job_id'), ...((read(details, 'job_ids') ?? []) as unknown[])];
    const name = String(read(notice, 'event_type')).split('.').at(-1)!;
    return ids.includes(jobId) ? [`${name} ${String(read(notice, 'event_status'))}`] : [];
  });
}

const life = {
  creatingMs: 100,
  preparingMs: 100,
  executingMs: 100,
  uploadingMs: 100,
  cancellingMs: 100,
  outcome: 'SUCCESS',
} as const;

describe('notices of the stand-in', () => {
  it('notices tell of requests, and never of a job that ends, expires its data, or is deleted', async () => {
    const { world, notices } = await start(1);
    const id = world.createJob('p1', { life: { ...life, dataTtlMs: 1000 } });
    world.advance(10_000);
    world.deleteJob(id);
    world.advance(0);
    const told = about(notices, id).filter((name) => !name.endsWith('ERROR'));
    expect(told).toEqual(['CreateJob DONE', 'ExecuteJob STARTED', 'ExecuteJob RUNNING']);
  });

  it('notices tell of every kind of request, and of failed requests as errors', async () => {
    const { world, notices } = await start(12);
    const id = world.createJob('p1', { life: { ...life, executingMs: 10_000, dataTtlMs: 60_000 } });
    world.advance(1000);
    const clone = world.createJob('p1', { life, cloneOf: id });
    world.deleteData(id);
    world.cancel(id);
    world.cancel(id);
    world.advance(1000);
    world.setDataTtl(id, 120_000);
    world.deleteData(id);
    world.setDataTtl(id, 1000);
    world.deleteAllData('p1');
    world.advance(0);
    expect(about(notices, clone)).toEqual(
      expect.arrayContaining(['CloneJob DONE', 'ExecuteJob STARTED', 'DeleteAllJobData DONE']),
    );
    const requests = about(notices, id).filter((name) => !/^(CreateJob|ExecuteJob)/.test(name));
    expect(requests).toEqual([
      'DeleteJobData ERROR',
      'CancelJob DONE',
      'CancelJob ERROR',
      'UpdateJobDataTtl DONE',
      'DeleteJobData DONE',
      'UpdateJobDataTtl ERROR',
      'DeleteAllJobData DONE',
    ]);
  });

  it('notices come in snake_case and camelCase, among those of other services and of failed requests', async () => {
    const { world, notices } = await start(3);
    for (let jobs = 0; jobs < 100; jobs++) world.createJob('p1', { life });
    world.advance(10_000);
    const shares = [
      notices.filter(({ notice }) => 'event_type' in notice),
      notices.filter(({ notice }) => 'eventType' in notice),
      notices.filter(({ notice }) => !/datasphere\.[A-Za-z]*Job/.test(String(read(notice, 'event_type')))),
      notices.filter(({ notice }) => read(notice, 'event_status') === 'ERROR'),
    ].map(({ length }) => length / notices.length);
    expect(shares[0]! + shares[1]!).toBe(1);
    for (const share of shares.slice(0, 2)) expect(share).toBeGreaterThan(0.4);
    for (const share of shares.slice(2)) expect(share).toBeGreaterThan(0.02);
    for (const share of shares.slice(2)) expect(share).toBeLessThan(0.15);
  });

  it('notices have the form of the format page', async () => {
    const { world, notices } = await start(4);
    const id = world.createJob('p1');
    world.advance(0);
    const notice = notices
      .map((each) => each.notice)
      .find((each) => about([{ notice: each }], id).length > 0);
    expect(read(notice, 'event_type')).toBe('yandex.cloud.audit.datasphere.CreateJob');
    expect(new Date(read(notice, 'event_time') as string).getTime()).toBe(world.now);
    expect(read(read(notice, 'details'), 'project_id')).toBe('p1');
    for (const field of ['event_id', 'event_source', 'authentication', 'authorization', 'resource_metadata'])
      expect(read(notice, field)).toBeDefined();
  });

  it('notices are lost and doubled in exactly the given shares of every hundred', async () => {
    const { upstream, world, notices } = await start(5);
    Object.assign(upstream.faults, { loseNotices: 0.3, duplicateNotices: 0.2 });
    const { noticeCounts: counts } = upstream;
    // Creating a job publishes one to three events, so the test does not see every hundred when it is full.
    const [lost, doubled]: [number[], number[]] = [[], []];
    while (counts.published < 1500) {
      world.createJob('p1', { life: { creatingMs: 10 ** 9 } });
      const sent = counts.published - counts.lost;
      if (counts.published % 100 === 0) lost.push(counts.lost / counts.published);
      if (sent > 0 && sent % 100 === 0) doubled.push(counts.doubled / sent);
    }
    world.advance(0);
    expect([lost.length, doubled.length].every((times) => times > 2)).toBe(true);
    expect(new Set(lost)).toEqual(new Set([0.3]));
    expect(new Set(doubled)).toEqual(new Set([0.2]));
    expect(notices).toHaveLength(counts.published - counts.lost + counts.doubled);
    expect(new Set(notices.map(eventId)).size).toBe(counts.published - counts.lost);
  });

  it('notices are delayed by at most the given time, in the order of their events', async () => {
    const { upstream, world, notices } = await start(6);
    upstream.faults.delayNotices = 5000;
    for (let jobs = 0; jobs < 100; jobs++) world.createJob('p1', { life: { creatingMs: 10 ** 9 } });
    const begin = world.now;
    world.advance(4999);
    expect(notices.length).toBeLessThan(upstream.noticeCounts.published);
    world.advance(1);
    expect(notices).toHaveLength(upstream.noticeCounts.published);
    expect(notices[0]!.at - begin).toBeLessThan(5000);
    const created = [...world.jobs().keys()];
    const told = notices.flatMap((each) =>
      created.filter((id) => about([each], id).includes('CreateJob DONE')),
    );
    expect(told).toEqual(created);
  });

  it('notices overtake one another if they are shuffled', async () => {
    const { upstream, world, notices } = await start(6);
    Object.assign(upstream.faults, { delayNotices: 5000, shuffle: true });
    for (let jobs = 0; jobs < 100; jobs++) world.createJob('p1', { life: { creatingMs: 10 ** 9 } });
    world.advance(5000);
    const created = [...world.jobs().keys()];
    const told = notices.flatMap((each) =>
      created.filter((id) => about([each], id).includes('CreateJob DONE')),
    );
    expect(told).not.toEqual(created);
    expect([...told].sort()).toEqual([...created].sort());
  });

  it('notices arrive while the world pauses, and nothing else changes', async () => {
    const { upstream, world, notices } = await start(7);
    upstream.faults.delayNotices = 1000;
    const id = world.createJob('p1', { life });
    world.pause();
    const before = world.jobs().get(id);
    world.advance(60_000);
    expect(notices).toHaveLength(upstream.noticeCounts.published);
    expect(world.jobs().get(id)).toBe(before);
    world.resume();
    world.advance(60_000);
    expect(world.jobs().get(id)).not.toEqual(before);
  });

  it('notices do not reach a listener that has stopped listening', async () => {
    const { upstream, world, notices } = await start(8);
    const others: Envelope[] = [];
    upstream.onNotice((notice) => others.push(notice))();
    world.createJob('p1');
    world.advance(0);
    expect(notices.length).toBeGreaterThan(0);
    expect(others).toEqual([]);
  });
});
