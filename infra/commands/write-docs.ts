/** `npm run docs`: writes the parts of docs/ that are made of data. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillPage, generatedParts } from '../docs/generated-parts.ts';
import { projectRoot } from '../local/deployment.ts';
import { runCommand } from './command-line.ts';

const usage = `Usage: npm run docs

Writes the parts of docs/ that are made of data: the settings and the environment in docs/operations.md.`;

await runCommand(usage, async () => {
  for (const [name, parts] of Object.entries(generatedParts)) {
    const path = join(projectRoot, 'docs', name);
    await writeFile(path, fillPage(await readFile(path, 'utf8'), parts));
  }
});
