/** Makes one file of a target, in which the product's own code, and the target's, counts how often each part of it runs. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';

const projectRoot = join(import.meta.dirname, '../..');

/** In the project, so that packages are found; `.esbuild` is not committed. */
const workFolder = join(projectRoot, '.esbuild/fuzz');

export type Fuzz = (data: Uint8Array) => void | Promise<void>;

/** A target whose coverage is counted. */
export interface Instrumented {
  readonly fuzz: Fuzz;
  readonly coverage: Coverage;
}

export async function instrument(target: string): Promise<Instrumented> {
  const file = join(workFolder, `${target}-${process.pid}-${performance.now()}.mjs`);
  const coverageVariable = `coverage of ${file}`;
  const instrumenter = createInstrumenter({ esModules: true, compact: true, coverageVariable });
  await mkdir(workFolder, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, `targets/${target}.ts`)],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    logLevel: 'error',
    plugins: [
      {
        name: 'count what runs',
        setup: (bundle) => {
          bundle.onLoad({ filter: /\/(lib|fuzz\/targets)\/.*\.ts$/ }, async ({ path }) => {
            const source = await readFile(path, 'utf8');
            const { code } = await transform(source, { loader: 'ts', target: 'node24' });
            return { contents: instrumenter.instrumentSync(code, path), loader: 'js' };
          });
        },
      },
    ],
  });
  try {
    const { fuzz } = (await import(pathToFileURL(file).href)) as { readonly fuzz: Fuzz };
    const counters = (globalThis as Record<string, unknown>)[coverageVariable];
    return { fuzz, coverage: new Coverage(counters as Readonly<Record<string, FileCounters>>) };
  } finally {
    await rm(file);
  }
}

/** What Istanbul counts of a file: statements, functions, and the arms of branches. */
interface FileCounters {
  readonly s: Record<string, number>;
  readonly f: Record<string, number>;
  readonly b: Record<string, number[]>;
}

/** What has run so far, and how often, in powers of two. */
export class Coverage {
  private readonly counters: readonly (readonly [Record<string, number> | number[], string | number])[];
  private readonly seen: Uint32Array;

  constructor(files: Readonly<Record<string, FileCounters>>) {
    this.counters = Object.values(files).flatMap(({ s, f, b }) =>
      [s, f, ...Object.values(b)].flatMap((group) => Object.keys(group).map((key) => [group, key] as const)),
    );
    this.seen = new Uint32Array(this.counters.length);
    this.take();
  }

  /** How many parts have run, of how many. */
  get covered(): number {
    return this.seen.reduce((count, bits) => count + (bits === 0 ? 0 : 1), 0);
  }

  get total(): number {
    return this.seen.length;
  }

  /** Whether anything ran, since this was last asked, that had not run before, or not as often. */
  take(): boolean {
    let isNew = false;
    for (let index = 0; index < this.counters.length; index++) {
      const [group, key] = this.counters[index]! as [Record<string, number>, string];
      const count = group[key]!;
      if (count === 0) continue;
      group[key] = 0;
      const bit = 1 << Math.min(31, 32 - Math.clz32(count));
      if ((this.seen[index]! & bit) !== 0) continue;
      this.seen[index]! |= bit;
      isNew = true;
    }
    return isNew;
  }
}
