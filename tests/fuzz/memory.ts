/** Whether a target keeps what it was given: in a process of its own, whose heap is looked at after collecting garbage. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface MemoryGrowth {
  /** What was kept of all inputs together. */
  readonly bytes: number;
}

/** Beyond this time a target hangs, in milliseconds. */
const hangMs = 120_000;

/**
 * Gives a target so many inputs, half as many before, and compares what it has on the heap.
 *
 * @throws {Error} where the process does not answer
 */
export async function measureMemory(target: string, inputs: number, seed: number): Promise<MemoryGrowth> {
  const process = fork(
    join(import.meta.dirname, 'memory-process.ts'),
    [target, String(inputs), String(seed)],
    { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'], timeout: hangMs },
  );
  const ended = once(process, 'exit').then(([code]) => {
    throw new Error(`the process ended with ${String(code)}, without an answer`);
  });
  const [growth] = (await Promise.race([once(process, 'message'), ended])) as [MemoryGrowth];
  ended.catch(() => undefined);
  return growth;
}
