/**
 * Runs the checks, cheapest first, until one fails: `find-bug.ts [all]`. Prints the names of those that did. The simulation
 * begins with the engine that the bug is in.
 */
import { runHistories } from './histories.ts';
import { checkLaw, laws } from './laws.ts';
import { runSeeds } from './simulation/slice.ts';

/** The bug that plant-bug.js has planted. */
const { file } = JSON.parse(process.env['PLANTED_BUG']!) as { readonly file: string };

const simulations = [
  ['simulation', async () => (await runSeeds(1, 400, 100, 'table')).failures.length > 0],
  ['simulation on memory', async () => (await runSeeds(1, 100, 100, 'memory')).failures.length > 0],
] as const;

const checks: readonly (readonly [string, () => Promise<boolean>])[] = [
  [
    'histories',
    () => Promise.resolve(runHistories((order, mask) => mask === order % 64).failures.length > 0),
  ],
  ...laws.map(
    (law) =>
      [
        `law: ${law.name}`,
        () =>
          checkLaw(law, 300, 7).then(
            () => false,
            () => true,
          ),
      ] as const,
  ),
  ...(/^lib\/(memory|store)\//.test(file) ? simulations.toReversed() : simulations),
];

const all = process.argv[2] === 'all';
const found: string[] = [];
for (const [name, fails] of checks) {
  if (await fails().catch(() => true)) found.push(name);
  if (found.length > 0 && !all) break;
}
console.log(JSON.stringify(found));
