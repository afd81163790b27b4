/** Runs the checks, cheapest first, until one fails: `find-bug.ts [all]`. Prints the names of those that did. */
import { runHistories } from './histories.ts';
import { checkLaw, laws } from './laws.ts';
import { runSeeds } from './simulation/slice.ts';

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
  ['simulation', async () => (await runSeeds(1, 400, 100)).failures.length > 0],
];

const all = process.argv[2] === 'all';
const found: string[] = [];
for (const [name, fails] of checks) {
  if (await fails().catch(() => true)) found.push(name);
  if (found.length > 0 && !all) break;
}
console.log(JSON.stringify(found));
