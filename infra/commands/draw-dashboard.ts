/** `npm run dashboard`: draws the dashboard of a stage, with made-up data, to docs/dashboard.svg. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboard } from '../aws/dashboard/dashboard.ts';
import { drawDashboard } from '../aws/dashboard/draw.ts';
import { projectRoot } from '../local/deployment.ts';
import { runCommand } from './command-line.ts';

const usage = `Usage: npm run dashboard

Draws the dashboard of a stage with all there is to be seen, with made-up data, to docs/dashboard.svg.`;

const everything = { stage: 'prod', table: 'jobs', grpc: true, functionUrl: true, upstream: true };

await runCommand(usage, () =>
  writeFile(join(projectRoot, 'docs/dashboard.svg'), drawDashboard(dashboard(everything))),
);
