import { describe, expect, it } from '@jest/globals';
import { countCosts } from './costs.ts';
import { compareWithDynalite } from './engine-comparison.ts';
import { histories, runHistories } from './histories.ts';
import { killWorkers } from './kill-workers.ts';
import { checkLaw, laws } from './laws.ts';
import { allCallFaults, allFaults, engineNames } from './simulation/faults.ts';
import { simulate } from './simulation/simulation.ts';
import { runSeeds } from './simulation/slice.ts';

/** As many as meet every fault; `npm run simulate` runs more. */
const seeds = { table: 100, memory: 40 };

describe('six events', () => {
  it('end the same in every order, with no, all and some of them twice', () => {
    expect(histories.length).toBeGreaterThanOrEqual(22);
    const { schedules, failures } = runHistories(
      (order, mask) => mask === 0 || mask === 63 || mask === order % 64,
    );
    expect(failures).toEqual([]);
    expect(schedules).toBeGreaterThan(50_000);
  });
});

describe('the laws', () => {
  it.each(laws.map((law) => [law.name, law] as const))('hold: %s', async (_, law) => {
    await checkLaw(law, 2000);
  });
});

describe.each(engineNames)('the simulation on the engine: %s', (engine) => {
  it('keeps every promise under every fault', async () => {
    const { failures, faults, calls } = await runSeeds(1, seeds[engine], 100, engine);
    expect(failures).toEqual([]);
    expect(allFaults[engine].filter((fault) => (faults[fault] ?? 0) === 0)).toEqual([]);
    expect(allCallFaults(engine).filter((path) => !(path in calls))).toEqual([]);
  });

  it('replays a seed exactly', async () => {
    const [first, second] = [await simulate(42, 100, engine), await simulate(42, 100, engine)];
    expect(second.trace).toBe(first.trace);
    expect((await simulate(43, 100, engine)).trace).not.toBe(first.trace);
  });
});

describe('the simulated table', () => {
  it('answers as dynalite does', async () => {
    const { difference, refused } = await compareWithDynalite(2000, 1);
    expect(difference).toBeUndefined();
    expect(refused).toBeGreaterThan(100);
  });
});

describe('real workers', () => {
  it('lose nothing when they are killed', async () => {
    const { problems, deadLetters, reads } = await killWorkers({ events: 5000, kills: 20, seed: 2 });
    expect(problems).toEqual([]);
    expect(deadLetters).toBeGreaterThan(0);
    expect(reads).toBeGreaterThan(100);
  }, 240_000);
});

describe('what events and reads cost', () => {
  it('is one write or one refused write for a snapshot, and never a read', async () => {
    const costs = new Map((await countCosts()).map(({ what, ...cost }) => [what, cost]));
    const batch = (reads: number, writes: number, refused: number) => ({
      reads,
      writes,
      refused,
      unit: 'a batch',
    });
    expect(costs.get('a snapshot of a new job')).toEqual(batch(0, 1, 0));
    expect(costs.get('a newer snapshot')).toEqual(batch(0, 1, 0));
    expect(costs.get('a stale snapshot')).toEqual(batch(0, 0, 1));
    expect(costs.get('the same snapshot again')).toEqual(batch(0, 0, 1));
    expect(costs.get('a patch')).toEqual(batch(1, 1, 0));
    expect(costs.get('the same patch again')).toEqual(batch(1, 0, 0));
    expect(costs.get('ten events of one job, a snapshot among them')).toEqual(batch(0, 1, 0));
    expect(costs.get('ten patches of one job')).toEqual(batch(1, 1, 0));
    const gets = [...costs].filter(([, { unit }]) => unit === 'a Get').map(([, { reads }]) => reads);
    expect(gets).toEqual([0.5, 0.5, 3.5, 60.5]);
  });
});
