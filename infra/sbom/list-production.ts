/** The list of production packages, as CycloneDX. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm } from './npm.ts';
import { projectRoot } from '../local/deployment.ts';

interface Manifest {
  readonly name: string;
  readonly [field: string]: unknown;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly [field: string]: unknown }>>;
}

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(projectRoot, name), 'utf8'));
}

function withoutDevelopment(manifest: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...manifest, devDependencies: {} };
}

/**
 * Runs `npm sbom` on a copy of the project that has only production dependencies. `npm sbom --omit dev` would leave out
 * every production package that a development package needs too, which is most of them.
 */
export async function listProduction(): Promise<string> {
  const manifest = (await readJson('package.json')) as Manifest;
  const lockfile = (await readJson('package-lock.json')) as Lockfile;
  const packages = Object.entries(lockfile.packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, entry]): [string, object] => [path, path === '' ? withoutDevelopment(entry) : entry]);
  const temporary = await mkdtemp(join(tmpdir(), 'sbom-'));
  try {
    // npm calls the project by the name of its folder.
    const folder = join(temporary, manifest.name);
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify(withoutDevelopment(manifest)));
    await writeFile(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lockfile, packages: Object.fromEntries<object>(packages) }),
    );
    const options = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
    const { code, stdout } = await npm(['sbom', ...options], folder);
    if (code !== 0) throw new Error(`npm sbom ended with ${code}`);
    return stdout;
  } finally {
    await rm(temporary, { recursive: true });
  }
}
