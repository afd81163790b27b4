/** Scripts that run beside this process, each stopped by its id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { projectRoot } from './deployment.ts';
import { StartError } from './ports.ts';

/** How long a child may take to end after SIGTERM, in milliseconds. After that it is killed. */
const graceMs = 8000;

/** How many of the last lines of a child are kept to explain its end. */
const keptLines = 20;

export interface RunningChild {
  /** Settles with the reason when the process has ended, in whatever way. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts a script with the Node that runs this process. */
export function startChild(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  output: (line: string) => void,
): RunningChild {
  const child = spawn(process.execPath, args, { cwd: projectRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lastLines: string[] = [];
  const keep = (chunk: Buffer): void => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      output(line);
    }
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(`${name} could not be started: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      resolve(`${name} ended with ${signal ?? `code ${String(code)}`}\n${lastLines.join('\n')}`);
    });
  });
  return { ended, stop: () => stopChild(child, ended) };
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(kill);
}

/**
 * Polls until `probe` gives true.
 *
 * @throws {StartError} if the child ends first, or the time runs out
 */
export async function waitUntilReady(
  name: string,
  child: RunningChild,
  probe: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const giveUp = Date.now() + timeoutMs;
  let end: string | undefined;
  void child.ended.then((reason) => {
    end = reason;
  });
  while (!(await probe())) {
    if (end !== undefined) throw new StartError(end);
    if (Date.now() > giveUp) throw new StartError(`${name} was not ready after ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
