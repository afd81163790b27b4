/** `npm run dashboard`: draws the dashboard of a stage, with made-up data, to docs/dashboard.svg. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboard } from '../dashboard/dashboard.ts';
import { drawDashboard } from '../dashboard/draw.ts';
import { projectRoot } from '../local/deployment.ts';
import { runCommand } from './command-line.ts';

const usage = `Usage: npm run dashboard

Draws the dashboard that is deployed, with made-up data, to docs/dashboard.svg.`;

await runCommand(usage, () =>
  writeFile(join(projectRoot, 'docs/dashboard.svg'), drawDashboard(dashboard('prod'))),
);
