import { spawn } from 'node:child_process';
import { join } from 'node:path';

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
}

/** Runs one of `infra/commands` in a process of its own, without a terminal. */
export function runCommand(
  name: string,
  args: readonly string[],
  { cwd, env, input = '' }: CommandOptions = {},
): Promise<CommandRun> {
  return new Promise((resolve) => {
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
  });
}
