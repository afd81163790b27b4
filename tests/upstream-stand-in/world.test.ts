import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '../../infra/upstream-stand-in/audit-events.ts';
import { Job, JobStatus } from '../../infra/upstream-stand-in/sdk.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { startUpstream } from '../../infra/upstream-stand-in/upstream.ts';

const hour = 3_600_000;
const run = promisify(execFile);

/** A world of 60 jobs after a day, with requests by people and every fault of notices. */
async function liveADay(seed: number) {
  const upstream = await startUpstream({ seed, projects: ['p1', 'p2', 'p3'], clock: new SimulatedClock() });
  const { world, faults, onNotice } = upstream;
  Object.assign(faults, { loseNotices: 0.3, duplicateNotices: 0.2, delayNotices: 60_000, shuffle: true });
  const notices: Envelope[] = [];
  onNotice((notice) => notices.push(notice));
  const ids: string[] = [];
  for (let minute = 0; minute < 24 * 60; minute++) {
    world.advance(60_000);
    if (minute < 60) ids.push(world.createJob(`p${1 + (minute % 3)}`));
    if (minute === 30) world.cancel(ids[29]!);
    if (minute === 200) world.deleteJob(ids[3]!);
    if (minute === 300) world.setDataTtl(ids[4]!, hour);
    if (minute === 400) world.deleteData(ids[5]!);
    if (minute === 500) world.deleteAllData('p3');
  }
  await upstream.stop();
  return { ids, notices, world };
}

describe('the world of the stand-in', () => {
  it('the world is the same for the same seed: each byte, each time and each notice', async () => {
    const [once, again, other] = [await liveADay(31), await liveADay(31), await liveADay(32)];
    // Digests, because jest compares large arrays slowly.
    const digests = ({ ids, world }: typeof once) =>
      ids.map((id) => world.history(id).map(({ at, bytes }) => [at, bytes && hash('sha256', bytes)]));
    expect(digests(again)).toEqual(digests(once));
    expect(again.notices).toEqual(once.notices);
    expect(other.ids).not.toEqual(once.ids);
  });

  it('every job ends within hours, some in the second of their start, and in every possible way', async () => {
    const { ids, world } = await liveADay(33);
    const ended = [...world.jobs().values()].map((bytes) => Job.decode(bytes));
    const statuses = new Set(ended.map(({ status }) => JobStatus[status]));
    expect(statuses).toEqual(new Set(['SUCCESS', 'ERROR', 'CANCELLED']));
    const lives = ended.map(({ startedAt, finishedAt }) => Number(finishedAt) - Number(startedAt));
    expect(lives.filter((ms) => ms < 1000).length).toBeGreaterThan(3);
    expect(lives.filter((ms) => ms > hour / 2).length).toBeGreaterThan(3);
    const histories = ids.map((id) => world.history(id));
    const seen = histories.flat().flatMap(({ bytes }) => (bytes === undefined ? [] : [Job.decode(bytes)]));
    expect(new Set(seen.map(({ status }) => status)).size).toBe(8);
    const details = seen.filter(({ status }) => status === JobStatus.EXECUTING);
    expect(new Set(details.map(({ statusDetails }) => statusDetails)).size).toBeGreaterThan(3);
  });

  it('the history of a job has increasing times, and ends with what Get answers', async () => {
    const { ids, world } = await liveADay(34);
    for (const id of ids) {
      const times = world.history(id).map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(world.history(id).at(-1)?.bytes).toBe(world.jobs().get(id));
    }
  });

  it('the world can run in real time at any speed, and does not change after it is stopped', async () => {
    const upstream = await startUpstream({ seed: 35, projects: ['p1'], clock: 'real', speed: 100_000 });
    const id = upstream.world.createJob('p1');
    const deadline = Date.now() + 10_000;
    while (Job.decode(upstream.world.jobs().get(id)!).finishedAt === undefined) {
      expect(Date.now()).toBeLessThan(deadline);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const last = upstream.world.createJob('p1', { life: { creatingMs: 30 } });
    await upstream.stop();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(upstream.world.history(last)).toHaveLength(1);
    expect(() => {
      upstream.world.advance(1);
    }).toThrow('real time cannot be advanced');
  });

  it('a process ends by itself after it stopped its stand-in', async () => {
    const script = join(import.meta.dirname, 'start-and-stop.ts');
    const { stdout } = await run(process.execPath, [script], { timeout: 25_000 });
    expect(stdout).toBe('read CREATING, then stopped\n');
  });

  it('the stand-in can be started again in the same process on the same ports', async () => {
    const options = { seed: 36, projects: ['p1'], clock: 'real' } as const;
    const first = await startUpstream(options);
    const [port, iamPort] = [first.address, first.iamUrl].map((url) => Number(url.split(':').at(-1)));
    await first.stop();
    const second = await startUpstream({ ...options, port: port!, iamPort: iamPort! });
    expect([second.address, second.iamUrl]).toEqual([first.address, first.iamUrl]);
    await second.stop();
  });

  it('the world names the project or job that it does not know', async () => {
    const upstream = await startUpstream({ seed: 37, projects: ['p1'], clock: new SimulatedClock() });
    expect(() => upstream.world.createJob('p2')).toThrow('the world has no project p2');
    expect(() => {
      upstream.world.cancel('bt1x');
    }).toThrow('the world has no job bt1x');
    await upstream.stop();
  });
});
