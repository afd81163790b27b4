import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a command ended, and what it said. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it gets on its standard input. */
  readonly input?: string;
  /** Sends it a signal as soon as something is so, which is looked at again and again. */
  readonly interrupt?: { readonly when: () => Promise<boolean>; readonly signal: NodeJS.Signals };
}

/** Runs one of `infra/commands` in a process of its own, without a terminal. */
export function runCommand(
  name: string,
  args: readonly string[],
  { cwd, env, input = '', interrupt }: CommandOptions = {},
): Promise<CommandRun> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, '../../infra/commands', `${name}.ts`);
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, ...env },
      timeout: 25_000,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
    child.stdin.end(input);
    if (interrupt !== undefined) interruptWhen(child, interrupt).catch(reject);
  });
}

async function interruptWhen(
  child: ChildProcess,
  { when, signal }: NonNullable<CommandOptions['interrupt']>,
): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (await when()) {
      child.kill(signal);
      return;
    }
    await sleep(20);
  }
}
