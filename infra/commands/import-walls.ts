/** What dependency-cruiser finds by the rules of .dependency-cruiser.js. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../local/deployment.ts';

/** Everything that the walls are about. */
export const cruisedFolders = ['functions', 'infra', 'lib', 'proto', 'tests'];

export interface Module {
  /** Its path within the project. */
  readonly source: string;
  readonly dependencies: readonly { readonly resolved: string }[];
}

export interface Cruise {
  readonly modules: readonly Module[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

/** All modules, what they import, and the walls that this breaks. */
export async function cruise(): Promise<Cruise> {
  const script = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const options = ['--config', '.dependency-cruiser.js', '--output-type', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...options, ...cruisedFolders], {
    cwd: projectRoot,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout) as Cruise;
}
