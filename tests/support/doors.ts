/** All the ways in, in a process of their own, whose memory and time can be told from those of whoever comes in. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { GrpcLimits } from '../../lib/protocol/grpc/limits.ts';

export interface DoorsOptions {
  /** How long the store takes to answer, in milliseconds. */
  readonly storeMs?: number;
  /** Bytes of the job `load-job`. */
  readonly jobBytes?: number;
  readonly grpcLimits?: Partial<GrpcLimits>;
  readonly grpcCallLimit?: number;
  readonly httpCallLimit?: number;
}

export interface Usage {
  /** The most memory that the process has ever had, in bytes. */
  readonly peakBytes: number;
  readonly rssBytes: number;
  /** CPU time so far, in milliseconds. */
  readonly cpuMs: number;
}

export interface Doors {
  readonly httpUrl: string;
  readonly grpcPort: number;
  readonly usage: () => Promise<Usage>;
  /** Hands over the body of a queue message: what it failed with, or that it was read. */
  readonly event: (body: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** What goes to the process: a question, or the body of a queue message. */
export type Question = { readonly ask: 'usage' } | { readonly ask: 'event'; readonly body: string };

export async function openDoors(options: DoorsOptions = {}): Promise<Doors> {
  const child = fork(join(import.meta.dirname, 'doors-process.ts'), [JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const answer = async <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      const gone = (code: number | null): void => {
        reject(new Error(`the process ended with ${code}`));
      };
      child.once('exit', gone);
      child.once('message', (message) => {
        child.off('exit', gone);
        resolve(message as T);
      });
    });
  const ask = async <T>(question: Question): Promise<T> => {
    if (child.exitCode !== null) throw new Error(`the process has ended with ${child.exitCode}`);
    const answered = answer<T>();
    child.send(question);
    return answered;
  };
  const { httpUrl, grpcPort } = await answer<{ readonly httpUrl: string; readonly grpcPort: number }>();
  return {
    httpUrl,
    grpcPort,
    usage: () => ask({ ask: 'usage' }),
    event: (body) => ask({ ask: 'event', body }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
