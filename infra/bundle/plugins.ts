/**
 * The plugins of esbuild for the functions. docs/performance.md has the figures.
 *
 * @see https://esbuild.github.io/plugins/
 */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Loads Node's own modules as `require` does. An `import` makes Node read every export of a module, also those that it
 * makes on demand, such as undici in `node:http` and file streams in `node:fs`. That costs 30 ms of each cold start.
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

/** Modules that Lambda never runs for DynamoDB or that lib/dynamodb replaces, each with its stand-in. */
const standIns: Readonly<Record<string, string>> = {
  '@aws-sdk/core/dist-es/submodules/protocols/index.js': 'replaced-steps.ts',
  '@aws-sdk/credential-provider-node/dist-es/index.js': 'credentials.ts',
  '@aws-sdk/dynamodb-codec/dist-es/index.js': 'replaced-steps.ts',
  '@aws-sdk/middleware-endpoint-discovery/dist-es/index.js': 'replaced-steps.ts',
  '@aws/lambda-invoke-store/dist-es/invoke-store.js': 'replaced-steps.ts',
  '@smithy/core/dist-es/submodules/checksum/index.js': 'replaced-steps.ts',
  '@smithy/core/dist-es/submodules/event-streams/index.js': 'replaced-steps.ts',
  '@smithy/core/dist-es/submodules/config/shared-ini-file-loader/loadSharedConfigFiles.js': 'credentials.ts',
  '@smithy/core/dist-es/submodules/schema/schemas/NormalizedSchema.js': 'replaced-steps.ts',
  '@smithy/node-http-handler/dist-es/index.js': 'replaced-steps.ts',
  '@smithy/signature-v4/dist-es/index.js': 'replaced-steps.ts',
};

/** The descriptions of DynamoDB's requests and answers, and of times in them. Only steps that lib/dynamodb replaces read them. */
const hollowed: ReadonlySet<string> = new Set([
  '@aws-sdk/client-dynamodb/dist-es/schemas/schemas_0.js',
  '@smithy/core/dist-es/submodules/serde/date-utils.js',
]);

/** The client's own package.json, of which it reads its version. */
const clientPackage = '@aws-sdk/client-dynamodb/package.json';

/** Exports every name of a module as undefined. */
async function hollow(path: string): Promise<string> {
  const names = (await readFile(path, 'utf8')).matchAll(/^export (?:var|const|class|function) ([\w$]+)/gm);
  return Array.from(names, ([, name]) => `export const ${name!} = undefined;`).join('\n');
}

/** Puts the stand-ins in place. It fails if a module that they replace is not imported: then the SDK has changed. */
const standInsPlugin: Plugin = {
  name: 'stand-ins',
  setup(build) {
    const unused = new Set<string>();
    build.onStart(() => {
      for (const name of [...hollowed, clientPackage, ...Object.keys(standIns)]) unused.add(name);
    });
    build.onLoad({ filter: /[/\\]node_modules[/\\]/ }, async ({ path }) => {
      const name = path.replaceAll('\\', '/').split('/node_modules/').at(-1)!;
      unused.delete(name);
      if (hollowed.has(name)) return { contents: await hollow(path) };
      if (name === clientPackage) {
        const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version: string };
        return { contents: JSON.stringify({ version }), loader: 'json' };
      }
      const standIn = standIns[name];
      if (standIn === undefined) return undefined;
      return { contents: `export * from './${standIn}';`, resolveDir: import.meta.dirname };
    });
    build.onEnd(() => ({
      errors: [...unused].map((name) => ({
        text: `${name} is no longer imported: check the stand-ins in infra/bundle/plugins.ts`,
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
 * Makes a bundle of its own of what a function imports on demand, which the CLI puts into each artifact. With esbuild's
 * splitting the functions would share pieces, and each piece is one more file to open.
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

/** Lets the CLI end after a failed build: serverless-esbuild waits for the process of esbuild, which does not end. */
const endOnFailure: Plugin = {
  name: 'end-on-failure',
  setup(build) {
    build.onEnd(({ errors }) => {
      // The CLI has time to say what is wrong. The timer itself does not keep the process alive.
      const isPackaged = !process.argv.includes('offline');
      if (errors.length > 0 && isPackaged) setTimeout(() => process.exit(1), 2000).unref();
    });
  },
};

export default [builtins, standInsPlugin, aboutNothing, lazyBundle, endOnFailure];
