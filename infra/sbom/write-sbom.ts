/** A plugin of the serverless CLI: `package` and `deploy` list the production packages beside the artifacts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listProduction } from './list-production.ts';

interface Serverless {
  readonly serviceDir: string;
}

/** The option of the CLI that says where the artifacts go. */
interface Options {
  readonly package?: string;
}

export const sbomName = 'sbom.cdx.json';

export class WriteSbomPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor({ serviceDir }: Serverless, options: Options) {
    const folder = options.package ?? join(serviceDir, '.serverless');
    this.hooks = {
      'after:package:finalize': async () => writeFile(join(folder, sbomName), await listProduction()),
    };
  }
}
