import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../infra/local/deployment.ts';

/** What the CLI needs of the project; of files it takes no links. */
export const serviceFiles = ['package.json', 'serverless.yml', 'tsconfig.json'];
export const serviceFolders = ['functions', 'infra', 'lib', 'node_modules'];

const cache = join(projectRoot, 'node_modules/.cache');

/** A folder in which the serverless CLI can run without touching the project's own `.serverless` and `.esbuild`. */
export interface ServiceFolder {
  readonly path: string;
  /**
   * For the environment of the CLI: it leaves files behind where others keep their temporary ones. What it compiles it
   * keeps for the next run; that is half of its work.
   */
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

/** Makes a folder that looks like the project. */
export async function makeServiceFolder(): Promise<ServiceFolder> {
  const path = await mkdtemp(join(tmpdir(), 'datasphere-job-cache-'));
  const temporary = join(path, '.temporary');
  await Promise.all([
    mkdir(temporary),
    ...serviceFiles.map((name) => copyFile(join(projectRoot, name), join(path, name))),
    ...serviceFolders.map((name) => symlink(join(projectRoot, name), join(path, name))),
  ]);
  const env = {
    HOME: temporary,
    TMPDIR: temporary,
    NODE_COMPILE_CACHE: join(cache, 'compiled'),
    SLS_SCHEMA_CACHE_BASE_DIR: cache,
  };
  return { path, env, remove: () => rm(path, { recursive: true }) };
}
