/** `npm run simulate`: what the tests run a slice of, in full, with its figures. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import pMap from 'p-map';
import { formatBugTable, writeBugTable, type FoundBug } from './bug-table.ts';
import { countCosts } from './costs.ts';
import { compareWithDynalite } from './engine-comparison.ts';
import { histories, runHistories } from './histories.ts';
import { killWorkers } from './kill-workers.ts';
import { checkLaw, laws } from './laws.ts';
import { findBug, plantedBugs } from './planted-bugs.ts';
import { allCallFaults, allFaults, engineNames, type EngineName } from './simulation/faults.ts';
import type { SliceResult } from './simulation/slice.ts';

const usage = `Usage: npm run simulate -- [GROUP...] [--seeds N] [--from SEED] [--events N] [--engine NAME] [--runs N]

GROUP: histories, laws, simulation, engines, kills, bugs, costs; all of them unless named.
--seeds, --from   seeds of the simulation: 20000 from 1 on. --from SEED --seeds 1 replays a failure
--events          events of one seed: 100
--engine          what the simulation runs on, table or memory; both unless given
--runs            runs of each law: 200000`;

const run = promisify(execFile);

interface Settings {
  readonly seeds: number;
  readonly from: number;
  readonly events: number;
  readonly engines: readonly EngineName[];
  readonly runs: number;
}

const groups: Readonly<Record<string, (settings: Settings) => Promise<boolean>>> = {
  histories() {
    const { schedules, failures } = runHistories(() => true);
    for (const failure of failures) console.log(failure);
    console.log(
      `${histories.length} histories, ${schedules} schedules, ${failures.length} of them ended differently`,
    );
    return Promise.resolve(failures.length === 0);
  },

  async laws({ runs }) {
    let broken = 0;
    for (const law of laws) {
      try {
        await checkLaw(law, runs);
        console.log(`${law.name}: ${runs} runs`);
      } catch (error) {
        broken++;
        console.log(`${law.name}: BROKEN\n${(error as Error).message}`);
      }
    }
    return broken === 0;
  },

  async simulation({ engines, ...settings }) {
    let held = true;
    for (const engine of engines) held = (await simulateOn(engine, settings)) && held;
    return held;
  },

  async engines() {
    const { operations, refused, difference } = await compareWithDynalite(20_000, 1);
    console.log(
      `${operations} operations, ${refused} refused, ${difference ?? 'no difference from dynalite'}`,
    );
    return difference === undefined;
  },

  async kills() {
    const result = await killWorkers({ events: 20_000, kills: 200, seed: 1 });
    console.log(JSON.stringify(result));
    return result.problems.length === 0;
  },

  async bugs() {
    const found = await pMap(
      plantedBugs,
      async (bug): Promise<FoundBug> => [bug.name, await findBug(bug, 'all')],
      { concurrency: availableParallelism() },
    );
    console.log(formatBugTable(found));
    await writeBugTable(found);
    return found.every(([, by]) => by.length > 0);
  },

  async costs() {
    for (const { what, reads, writes, refused, unit } of await countCosts())
      console.log(`  ${what.padEnd(56)} ${reads} RU, ${writes} WU, ${refused} refused, ${unit}`);
    return true;
  },
};

/** Runs all seeds on one engine, and prints what happened. @returns whether every promise held, and every fault fired */
async function simulateOn(
  engine: EngineName,
  { seeds, from, events }: Omit<Settings, 'engines'>,
): Promise<boolean> {
  const script = join(import.meta.dirname, 'simulation/slice.ts');
  const step = Math.min(250, Math.ceil(seeds / availableParallelism()));
  const starts = Array.from({ length: Math.ceil(seeds / step) }, (_, index) => from + index * step);
  const slices = await pMap(
    starts,
    async (start): Promise<SliceResult> => {
      const count = Math.min(step, from + seeds - start);
      const { stdout } = await run(process.execPath, [script, start, count, events, engine].map(String));
      return JSON.parse(stdout) as SliceResult;
    },
    { concurrency: availableParallelism() },
  );
  const failures = slices.flatMap((slice) => slice.failures);
  for (const { seed, reason } of failures)
    console.log(
      `seed ${seed}: ${reason}\n  replay: npm run simulate -- simulation --from ${seed} --seeds 1 --events ${events} --engine ${engine}`,
    );
  const sum = (count: (slice: SliceResult) => number): number =>
    slices.reduce((total, slice) => total + count(slice), 0);
  console.log(`on the engine: ${engine}`);
  for (const fault of allFaults[engine])
    console.log(`  ${fault.padEnd(30)} ${sum(({ faults }) => faults[fault] ?? 0)} times`);
  const paths = allCallFaults(engine);
  const unmet = paths.filter((path) => sum(({ calls }) => calls[path] ?? 0) === 0);
  console.log(
    `  ${paths.length - unmet.length} of ${paths.length} error paths were taken ${unmet.join(', ')}`,
  );
  const [reads, writes] = [sum((slice) => slice.reads), sum((slice) => slice.writes)];
  console.log(
    `${seeds} seeds of ${events} events, ${writes} documents written, ${reads} Gets checked, ${failures.length} seeds failed`,
  );
  const missing = allFaults[engine].filter((fault) => sum(({ faults }) => faults[fault] ?? 0) < 1000);
  if (seeds >= 20_000 && missing.length > 0) console.log(`fired less than 1000 times: ${missing.join(', ')}`);
  return failures.length === 0 && (seeds < 20_000 || (missing.length === 0 && unmet.length === 0));
}

async function main(): Promise<void> {
  const number = (value: string | undefined, otherwise: number): number => {
    const given = value === undefined ? otherwise : Number(value);
    if (!Number.isInteger(given) || given < 1)
      throw new Error(`${value} is not a whole number above 0\n\n${usage}`);
    return given;
  };
  const options = {
    seeds: { type: 'string' },
    from: { type: 'string' },
    events: { type: 'string' },
    engine: { type: 'string' },
    runs: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help === true) {
    console.log(usage);
    return;
  }
  const settings = {
    seeds: number(values.seeds, 20_000),
    from: number(values.from, 1),
    events: number(values.events, 100),
    engines: engineNames.filter((name) => values.engine === undefined || values.engine === name),
    runs: number(values.runs, 200_000),
  };
  if (settings.engines.length === 0) throw new Error(`there is no engine ${values.engine}\n\n${usage}`);
  const unknown = positionals.find((name) => !(name in groups));
  if (unknown !== undefined) throw new Error(`there is no group ${unknown}\n\n${usage}`);
  const names = positionals.length > 0 ? positionals : Object.keys(groups);
  const failed: string[] = [];
  for (const name of names) {
    const startMs = performance.now();
    console.log(`\n${name}`);
    if (!(await groups[name]!(settings))) failed.push(name);
    console.log(`  (${((performance.now() - startMs) / 1000).toFixed(0)} s)`);
  }
  console.log(failed.length === 0 ? '\nAll held.' : `\nFAILED: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

await main();
