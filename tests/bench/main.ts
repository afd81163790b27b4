/** `npm run bench`: what reading a job costs here, against what one would build instead. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { jsonGroup } from './json-group.ts';
import { machine, print, type Figure } from './report.ts';
import { storageGroup } from './storage-group.ts';

const groups: Readonly<Record<string, () => readonly Figure[]>> = { storage: storageGroup, json: jsonGroup };

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined) {
  console.error(`There is no group ${JSON.stringify(unknown)}; there are ${Object.keys(groups).join(', ')}.`);
  process.exit(2);
}

console.log(machine());
const figures = Object.entries(groups)
  .filter(([name]) => positionals.length === 0 || positionals.includes(name))
  .flatMap(([, run]) => {
    const measured = run();
    print(measured);
    return measured;
  });
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), figures }, null, 2)}\n`);
}
