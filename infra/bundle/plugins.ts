/**
 * What esbuild does differently for the functions: docs/performance.md has the figures.
 *
 * @see https://esbuild.github.io/plugins/
 */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's own modules as `require` does. An `import` of one makes Node read all that the module exports, also what
 * is made only when it is asked for: undici for `node:http`, file streams for `node:fs`; 30 ms of each cold start.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    const filter = new RegExp(`^(node:.*|${builtinModules.join('|')})$`);
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'builtin' }));
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** Modules that Lambda never runs for DynamoDB, or that lib/dynamodb replaces; each with what stands in for it. */
const standIns: Readonly<Record<string, string>> = {
  '@aws-sdk/core/dist-es/submodules/protocols/index.js': 'replaced-steps.ts',
  '@aws-sdk/credential-provider-node/dist-es/index.js': 'credentials.ts',
  '@aws-sdk/dynamodb-codec/dist-es/index.js': 'replaced-steps.ts',
  '@aws-sdk/middleware-endpoint-discovery/dist-es/index.js': 'replaced-steps.ts',
  '@aws/lambda-invoke-store/dist-es/invoke-store.js': 'replaced-steps.ts',
  '@smithy/core/dist-es/submodules/checksum/index.js': 'replaced-steps.ts',
  '@smithy/core/dist-es/submodules/event-streams/index.js': 'replaced-steps.ts',
  '@smithy/core/dist-es/submodules/config/shared-ini-file-loader/loadSharedConfigFiles.js': 'credentials.ts',
  '@smithy/node-http-handler/dist-es/index.js': 'replaced-steps.ts',
  '@smithy/signature-v4/dist-es/index.js': 'replaced-steps.ts',
};

/** The descriptions of all that DynamoDB takes and gives: only the steps that lib/dynamodb replaces look at them. */
const schemas = '@aws-sdk/client-dynamodb/dist-es/schemas/schemas_0.js';

/** Every name that a module exports, with nothing behind it. */
async function hollow(path: string): Promise<string> {
  const names = (await readFile(path, 'utf8')).matchAll(/^export (?:var|const) (\S+)/gm);
  return Array.from(names, ([, name]) => `export const ${name!} = undefined;`).join('\n');
}

/** Puts the stand-ins in place, and fails where there is none to be replaced any more: then the SDK has changed. */
const standInsPlugin: Plugin = {
  name: 'stand-ins',
  setup(build) {
    const unused = new Set<string>();
    build.onStart(() => {
      for (const name of [schemas, ...Object.keys(standIns)]) unused.add(name);
    });
    build.onLoad({ filter: /[/\\]node_modules[/\\]/ }, async ({ path }) => {
      const name = path.replaceAll('\\', '/').split('/node_modules/').at(-1)!;
      unused.delete(name);
      if (name === schemas) return { contents: await hollow(path) };
      const standIn = standIns[name];
      if (standIn === undefined) return undefined;
      return { contents: `export * from './${standIn}';`, resolveDir: import.meta.dirname };
    });
    build.onEnd(() => ({
      errors: [...unused].map((name) => ({
        text: `${name} is imported no more; look through the stand-ins in infra/bundle/plugins.ts`,
      })),
    }));
  },
};

/** Leaves out what only a deployment and the docs need of a setting: esbuild drops calls of an empty function. */
const aboutNothing: Plugin = {
  name: 'about-nothing',
  setup(build) {
    build.onLoad({ filter: /[/\\]lib[/\\]config[/\\]about\.ts$/ }, () => ({
      contents: 'export function about() {}',
    }));
  },
};

/**
 * Bundles what a function imports only when it needs it by itself, beside the functions' bundles; the CLI puts it into
 * each artifact. With esbuild's own splitting the functions would share pieces, each a file to open.
 */
const lazyBundle: Plugin = {
  name: 'lazy-bundle',
  setup(build) {
    const { outdir, ...options } = build.initialOptions;
    build.onResolve({ filter: /^\.\.?\/upstream\.ts$/ }, async ({ path, kind, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      await build.esbuild.build({
        entryPoints: [join(resolveDir, path)],
        outfile: join(outdir!, 'upstream.mjs'),
        bundle: true,
        minify: options.minify!,
        platform: 'node',
        target: options.target!,
        format: 'esm',
        mainFields: options.mainFields!,
        plugins: [builtins],
      });
      return { path: './upstream.mjs', external: true };
    });
  },
};

/** Lets the CLI end after a failed build: serverless-esbuild leaves esbuild's process running, and waits for it. */
const endOnFailure: Plugin = {
  name: 'end-on-failure',
  setup(build) {
    build.onEnd(({ errors }) => {
      // Time enough for the CLI to say what is wrong; the timer by itself keeps nothing alive.
      const isPackaged = !process.argv.includes('offline');
      if (errors.length > 0 && isPackaged) setTimeout(() => process.exit(1), 2000).unref();
    });
  },
};

export default [builtins, standInsPlugin, aboutNothing, lazyBundle, endOnFailure];
