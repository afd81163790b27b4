/** A process of the benchmark that answers each message with one. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  /**
   * Its answer to a message.
   *
   * @throws {Error} where the process ends or takes longer than 30 s
   */
  readonly ask: <T>(message: object) => Promise<T>;
  /** The first line of its standard output that the pattern is found in, within 20 s. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly kill: () => void;
}

const answerTimeoutMs = 30_000;
const startTimeoutMs = 20_000;

export function startChild(
  name: string,
  file: string,
  options: ForkOptions & { args?: string[] } = {},
): Child {
  const { args = [], ...rest } = options;
  const child = fork(file, args, { execArgv: [], ...rest, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const ended = endOf(name, child);
  ended.catch(() => undefined);
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const within = async <T>(
    what: string,
    ms: number,
    wait: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const signal = AbortSignal.timeout(ms);
    try {
      return await Promise.race([wait(signal), ended]);
    } catch (error) {
      if (signal.aborted) throw new Error(`${name} did not ${what} within ${ms} ms`, { cause: error });
      throw error;
    }
  };
  return {
    ask: (message) =>
      within('answer', answerTimeoutMs, async (signal) => {
        const answer = once(child, 'message', { signal });
        child.send(message);
        return ((await answer) as [never])[0];
      }),
    says: (pattern) =>
      within(`say ${String(pattern)}`, startTimeoutMs, async (signal) => {
        for (;;) {
          const match = pattern.exec(output);
          if (match !== null) return match;
          await once(child.stdout!, 'data', { signal });
        }
      }),
    kill: () => child.kill('SIGKILL'),
  };
}

async function endOf(name: string, child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  throw new Error(`${name} ended with ${String(code ?? signal)}`);
}
