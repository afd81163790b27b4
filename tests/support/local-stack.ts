/** `npm start` on free ports, as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../infra/local/ports.ts';

export const projectRoot = join(import.meta.dirname, '../..');

export interface StackPorts {
  readonly HTTP_PORT: string;
  readonly GRPC_PORT: string;
  readonly SQS_PORT: string;
  readonly DYNAMODB_PORT: string;
}

export interface LocalStack {
  readonly process: ChildProcess;
  readonly ports: StackPorts;
  /** What it has printed, both streams. */
  readonly output: () => string;
  /** Settles with the exit code. */
  readonly exited: Promise<number | null>;
}

export async function freePorts(): Promise<StackPorts> {
  const [http, grpc, sqs, dynamodb] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ].map(String);
  return { HTTP_PORT: http!, GRPC_PORT: grpc!, SQS_PORT: sqs!, DYNAMODB_PORT: dynamodb! };
}

const running = new Set<ChildProcess>();

/** Ends what a failed test left behind, so that the test run can end too. */
export function killRunningStacks(): void {
  for (const child of running) process.kill(-child.pid!, 'SIGKILL');
}

/** Starts the stack in a process group of its own, as a terminal does, so that Ctrl-C can be sent to all of it. */
export function spawnStack(ports: StackPorts, env: Readonly<Record<string, string>> = {}): LocalStack {
  const args = ['--import', './infra/require-node.js', 'infra/local/start.ts'];
  const child = spawn(process.execPath, args, {
    cwd: projectRoot,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...ports, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  running.add(child);
  child.once('exit', () => running.delete(child));
  return { process: child, ports, output: () => output, exited };
}

/** Polls until `check` gives something, or throws with what the stack has printed. */
export async function eventually<T>(
  what: string,
  stack: LocalStack,
  check: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 60_000,
): Promise<T> {
  for (const giveUp = Date.now() + timeoutMs; Date.now() < giveUp;) {
    const result = await check();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen in ${timeoutMs / 1000} s. The stack printed:\n${stack.output()}`);
}

export function untilReady(stack: LocalStack): Promise<true> {
  return eventually('being ready', stack, () => (stack.output().includes('Ready: ') ? true : undefined));
}

/** Waits until no process of the stack's group is left. A child that ended is there until the system has noticed. */
export async function untilGone(stack: LocalStack): Promise<void> {
  const isGone = (): true | undefined => {
    try {
      process.kill(-stack.process.pid!, 0);
      return undefined;
    } catch {
      return true;
    }
  };
  await eventually('being gone', stack, isGone, 10_000);
}
