/** The artifacts as they are deployed. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot, serverlessScript } from '../../infra/local/deployment.ts';
import { unzip } from '../support/unzip.ts';

export interface Packaged {
  /** Files that export `handler`. */
  readonly get: string;
  readonly sync: string;
  /** A folder for whatever else belongs to the run. */
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/** Packages the functions into a temporary folder. */
export async function packageFunctions(): Promise<Packaged> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const command = [serverlessScript, 'package', '--stage', 'bench', '--package', join(folder, 'package')];
  // The CLI leaves files behind where temporary ones are kept.
  const env = { ...process.env, TMPDIR: folder };
  await promisify(execFile)(process.execPath, command, { cwd: projectRoot, env, timeout: 120_000 });
  for (const name of ['get', 'sync']) await unzip(join(folder, 'package', `${name}.zip`), folder);
  return {
    get: join(folder, 'functions/aws/get.mjs'),
    sync: join(folder, 'functions/aws/sync.mjs'),
    folder,
    remove: () => rm(folder, { recursive: true }),
  };
}
