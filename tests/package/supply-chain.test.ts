import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import plugins from '../../infra/bundle/plugins.ts';
import { projectRoot, readDeployment } from '../../infra/local/deployment.ts';
import { runCommand } from '../support/commands.ts';
import { packageVariant } from '../support/template-variants.ts';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

interface Lockfile {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

let manifest: Manifest;
let lockfile: Lockfile;
/** How the functions are bundled. */
let bundling: BuildOptions;
/** The packages by their path; the project itself is not one. */
let locked: readonly (readonly [string, Locked])[];

const readJson = async <T>(path: string): Promise<T> =>
  JSON.parse(await readFile(join(projectRoot, path), 'utf8')) as T;

beforeAll(async () => {
  manifest = await readJson('package.json');
  lockfile = await readJson('package-lock.json');
  bundling = ((await readDeployment()) as unknown as { custom: { esbuild: BuildOptions } }).custom.esbuild;
  locked = Object.entries(lockfile.packages).filter(([path]) => path !== '');
});

describe('the lockfile', () => {
  it('is of what package.json asks for', () => {
    expect(lockfile.lockfileVersion).toBe(3);
    expect(lockfile.packages['']).toMatchObject({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(lockfile.packages).toHaveProperty([`node_modules/${name}`]);
  });

  it('names every package with its version, and with its SHA-512 but for binaries of other platforms', () => {
    expect(locked.filter(([, { version }]) => !/^\d+\.\d+\.\d+/.test(version ?? ''))).toEqual([]);
    const unverified = locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    expect(unverified.filter(([, { dev, optional }]) => dev !== true || optional !== true)).toEqual([]);
  });

  it('is what the bundles are made of', async () => {
    const installed = await readJson<Lockfile>('node_modules/.package-lock.json');
    for (const [path, { version, integrity }] of locked.filter(([, { dev }]) => dev !== true))
      expect([path, installed.packages[path]]).toMatchObject([path, { version, integrity }]);
  });
});

/** The entry points, as docs/dependencies.md names them. */
const entryPoints = {
  get: 'aws/get.ts',
  sync: 'aws/sync.ts',
  refresh: 'aws/refresh.ts',
  gRPC: 'grpc.ts',
  upstream: 'upstream.ts',
};

/** Bundles an entry point without what it loads when it needs it, which is an entry point too. */
async function bundleOf(name: keyof typeof entryPoints): Promise<Metafile> {
  const { bundle, platform, target, format, mainFields } = bundling;
  const isFunction = entryPoints[name].startsWith('aws/');
  const { metafile } = await build({
    ...{ bundle, platform, target, format, mainFields },
    absWorkingDir: projectRoot,
    entryPoints: [join('functions', entryPoints[name])],
    external: ['*/upstream.ts'],
    plugins: plugins.filter((plugin) => isFunction && plugin.name === 'stand-ins'),
    metafile: true,
    write: false,
    logLevel: 'silent',
  } as BuildOptions & { metafile: true });
  return metafile;
}

const packageOf = (path: string): string | undefined =>
  /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];

describe('the production dependencies', () => {
  let rows: readonly { readonly name: string; readonly usedIn: readonly string[] }[];
  beforeAll(async () => {
    const page = await readFile(join(projectRoot, 'docs/dependencies.md'), 'utf8');
    rows = [...page.matchAll(/^- \*\*`([^`]+)`\*\* \(([^)]+)\): \S/gm)].map(([, name, usedIn]) => ({
      name: name!,
      usedIn: usedIn!.split(', '),
    }));
  });

  it('are those that docs/dependencies.md gives a reason for', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it.each(Object.keys(entryPoints) as (keyof typeof entryPoints)[])(
    'are imported by %s as docs/dependencies.md says',
    async (entryPoint) => {
      const { inputs } = await bundleOf(entryPoint);
      const ours = Object.entries(inputs).filter(([path]) => packageOf(path) === undefined);
      const imported = ours.flatMap(([, { imports }]) => imports.map(({ path }) => packageOf(path)));
      const documented = rows.filter(({ usedIn }) => usedIn.includes(entryPoint)).map(({ name }) => name);
      expect([...new Set(imported)].filter((name) => name !== undefined).sort()).toEqual(documented.sort());
    },
  );

  it.each(Object.keys(entryPoints) as (keyof typeof entryPoints)[])(
    'are all that is in %s',
    async (entryPoint) => {
      const { outputs } = await bundleOf(entryPoint);
      const [output] = Object.values(outputs);
      const files = Object.keys(output!.inputs).filter((path) => path.includes('node_modules/'));
      const packages = new Set(files.map((path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)![0]));
      expect(packages.size).toBeGreaterThan(3);
      const outsiders = [...packages].filter((path) => lockfile.packages[path]?.dev !== undefined);
      expect(outsiders).toEqual([]);
      for (const path of packages) expect(lockfile.packages).toHaveProperty([path]);
    },
  );

  it('are all in the SBOM that the CLI writes beside the artifacts, with what they need, and nothing else is', async () => {
    const folder = await packageVariant('a plain dev stage');
    const { components } = JSON.parse(await readFile(join(folder, 'sbom.cdx.json'), 'utf8')) as {
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    const production = locked.filter(([, { dev }]) => dev !== true);
    const expected = production.map(
      ([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version!}`,
    );
    expect(components.map(({ name, version }) => `${name}@${version}`).sort()).toEqual(
      [...new Set(expected)].sort(),
    );
  });
});

describe('npm run audit', () => {
  /** What the registry answers, by path. */
  let answers: Readonly<Record<string, unknown>>;
  const server = createServer((request, response) => {
    const answer = answers[request.url!];
    response
      .writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer ?? {}));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const audit = (registry: typeof answers) => {
    answers = registry;
    const { port } = server.address() as AddressInfo;
    return runCommand('audit', [], { env: { npm_config_registry: `http://127.0.0.1:${port}/` } });
  };
  const advisories = '/-/npm/v1/security/advisories/bulk';

  it('passes where the registry knows of nothing', async () => {
    expect(await audit({ [advisories]: {} })).toMatchObject({
      code: 0,
      stdout: '0 production packages have known vulnerabilities.\n',
    });
  });

  it('fails where it knows of something, and says of what', async () => {
    const url = 'https://example.org/1';
    const advisory = { id: 1, url, title: 't', severity: 'high', vulnerable_versions: '*' };
    const { version } = lockfile.packages['node_modules/jose']!;
    const jose = { name: 'jose', versions: { [version!]: { name: 'jose', version } } };
    expect(await audit({ [advisories]: { jose: [advisory] }, '/jose': jose })).toMatchObject({
      code: 1,
      stdout: 'high: jose *\n1 production packages have known vulnerabilities.\n',
    });
  });

  it('neither passes nor fails where the registry does not answer, and says so', async () => {
    expect(await audit({})).toMatchObject({
      code: 75,
      stdout: expect.stringContaining(
        'Nothing was checked, because the registry does not answer audits',
      ) as unknown,
    });
  });
});
