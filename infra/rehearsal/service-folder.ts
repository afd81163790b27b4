import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../local/deployment.ts';

/** What the CLI needs of the project; of files it takes no links. */
const files = ['package.json', 'serverless.yml', 'tsconfig.json'];
const folders = ['functions', 'infra', 'lib', 'node_modules'];

/** A folder in which the serverless CLI can run without touching the project's own `.serverless` and `.esbuild`. */
export interface ServiceFolder {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Makes a folder that looks like the project. */
export async function makeServiceFolder(): Promise<ServiceFolder> {
  const path = await mkdtemp(join(tmpdir(), 'datasphere-job-cache-'));
  await Promise.all([
    ...files.map((name) => copyFile(join(projectRoot, name), join(path, name))),
    ...folders.map((name) => symlink(join(projectRoot, name), join(path, name))),
  ]);
  return { path, remove: () => rm(path, { recursive: true }) };
}
