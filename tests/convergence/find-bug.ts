/**
 * Runs the checks until one fails, the named one first: `find-bug.ts CHECK`; or all of them: `find-bug.ts all`. Prints the
 * names of those that failed.
 */
import { runHistories } from './histories.ts';
import { checkLaw, laws } from './laws.ts';
import type { EngineName } from './simulation/faults.ts';
import { runSeeds } from './simulation/slice.ts';

/** Between them these seeds show every bug that the simulation finds. They come first, then all up to the last. */
const tellingSeeds = [1, 2, 3, 6, 10, 16, 76];
const lastSeed = 100;

async function simulationFails(engine: EngineName): Promise<boolean> {
  const upToLast = Array.from({ length: lastSeed }, (_, index) => index + 1);
  for (const seed of new Set([...tellingSeeds, ...upToLast]))
    if ((await runSeeds(seed, 1, 100, engine)).failures.length > 0) return true;
  return false;
}

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
  ['simulation', () => simulationFails('table')],
  ['simulation on memory', () => simulationFails('memory')],
];

const [first = 'all'] = process.argv.slice(2);
const found: string[] = [];
for (const [name, fails] of [...checks].sort(
  ([one], [other]) => Number(other === first) - Number(one === first),
)) {
  if (await fails().catch(() => true)) found.push(name);
  if (found.length > 0 && first !== 'all') break;
}
console.log(JSON.stringify(found));
