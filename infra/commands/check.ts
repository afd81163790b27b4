/** `npm run check -- lib/job`: what a change of one room must pass before anything else, in less than half a minute. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../local/deployment.ts';
import { parseArguments, runCommand, UsageError } from './command-line.ts';
import { cruise, cruisedFolders, type Module } from './import-walls.ts';
import { testsOfRoom } from './room-tests.ts';

const usage = `Usage: npm run check -- lib/ROOM [--watch]

Checks the types and the import walls of everything, ESLint and Prettier for one room, then runs the tests that are nearest to the room by
what they import, as far as half a minute allows. With --watch it does the same again after each change of a file.`;

/** Where tsc and ESLint keep what they found in files that have not changed. */
const cache = 'node_modules/.cache/check';
/** How long an editor may take to save several files, in milliseconds. */
const settleMs = 200;

interface Outcome {
  readonly isGood: boolean;
  readonly output: string;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArguments({ watch: { type: 'boolean', default: false } });
  const room = findRoom(positionals);
  const isGood = await checkRoom(room);
  if (!values.watch && !isGood) throw new Error(`${room} is not as it should be.`);
  if (values.watch) await checkAtEachChange(room);
}

/** @throws {UsageError} unless one room of lib/ is named */
function findRoom(positionals: readonly string[]): string {
  const [room = ''] = positionals.map((one) => one.replace(/\/$/, ''));
  const rooms = readdirSync(join(projectRoot, 'lib')).map((name) => `lib/${name}`);
  if (positionals.length !== 1 || !rooms.includes(room))
    throw new UsageError(`There is no room ${positionals.join(' ')}. The rooms are: ${rooms.join(', ')}.`);
  return room;
}

async function checkAtEachChange(room: string): Promise<never> {
  let change = Promise.withResolvers<undefined>();
  for (const folder of cruisedFolders)
    watch(join(projectRoot, folder), { recursive: true }, () => {
      change.resolve(undefined);
    });
  for (;;) {
    console.log('Waiting for a change. Ctrl-C ends this.');
    await change.promise;
    await sleep(settleMs);
    change = Promise.withResolvers();
    await checkRoom(room);
  }
}

async function checkRoom(room: string): Promise<boolean> {
  let modules: readonly Module[] = [];
  const checks = await Promise.all([
    step('types', () =>
      run(['typescript/bin/tsc', '--incremental', '--tsBuildInfoFile', `${cache}/tsc.json`]),
    ),
    step('lint', () =>
      run(['eslint/bin/eslint.js', '--max-warnings', '0', '--cache', '--cache-location', `${cache}/`, room]),
    ),
    step('format', () => run(['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', room])),
    step('import walls', async () => {
      const cruised = await cruise();
      modules = cruised.modules;
      const violations = cruised.summary.violations.map(
        ({ rule, from, to }) => `${rule.name}: ${from} → ${to}`,
      );
      return { isGood: violations.length === 0, output: violations.join('\n') };
    }),
  ]);
  const { tests, leftOut } = testsOfRoom(modules, room, slowSuites());
  const ran = await step(`${tests.length} test files`, () =>
    run([
      ...['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
      ...['jest/bin/jest.js', '--runTestsByPath', ...tests],
    ]),
  );
  if (leftOut.length > 0) console.log(`not run, for lack of time: ${leftOut.join(' ')}`);
  return [...checks, ran].every(Boolean);
}

/** Does something, says how it ended, and what it said if that was badly. */
async function step(name: string, check: () => Promise<Outcome>): Promise<boolean> {
  const start = performance.now();
  const { isGood, output } = await check();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${isGood ? 'passed' : 'FAILED'}  ${name}, ${seconds} s${isGood ? '' : `\n${output}`}`);
  return isGood;
}

function slowSuites(): ReadonlyMap<string, number> {
  const text = readFileSync(join(projectRoot, 'tests/slow-suites.json'), 'utf8');
  return new Map(Object.entries(JSON.parse(text) as Record<string, number>));
}

/** Runs a script of a package with this very Node; options of Node come before it. */
function run(args: readonly string[]): Promise<Outcome> {
  const at = args.findIndex((one) => !one.startsWith('-'));
  const script = join('node_modules', args[at]!);
  const child = spawn(process.execPath, [...args.slice(0, at), script, ...args.slice(at + 1)], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ isGood: code === 0, output });
    });
  });
}

await runCommand(usage, main);
