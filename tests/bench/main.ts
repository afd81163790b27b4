/** `npm run bench`: what reading a job costs here, against what one would build instead. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';
import { getGroup } from './get-group.ts';
import { judge } from './goals.ts';
import { grpcGroup } from './grpc-group.ts';
import { growthGroup } from './growth-group.ts';
import { jsonGroup } from './json-group.ts';
import { describeMachine } from './machine.ts';
import { printFigures, printGoals, printMachine } from './report.ts';
import { startGroup } from './start-group.ts';
import { storageGroup } from './storage-group.ts';
import { syncGroup } from './sync-group.ts';
import { upstreamGroup } from './upstream-group.ts';

const groups: Readonly<Record<string, () => readonly Figure[] | Promise<readonly Figure[]>>> = {
  storage: storageGroup,
  json: jsonGroup,
  get: getGroup,
  grpc: grpcGroup,
  start: startGroup,
  sync: syncGroup,
  growth: growthGroup,
  upstream: upstreamGroup,
};

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined) {
  console.error(`There is no group ${JSON.stringify(unknown)}; there are ${Object.keys(groups).join(', ')}.`);
  process.exit(2);
}

const machine = describeMachine();
printMachine(machine);
const figures: Figure[] = [];
for (const [name, run] of Object.entries(groups)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const measured = await run();
  printFigures(measured);
  figures.push(...measured);
}
const goals = judge(figures);
printGoals(goals);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, figures, goals }, null, 2)}\n`);
