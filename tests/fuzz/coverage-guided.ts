/** Fuzzes a target with inputs that follow what runs: small changes of those that made something new run. */
import { Worker } from 'node:worker_threads';
import type { WorkerData, WorkerResult } from './coverage-guided-worker.ts';
import { inputSizeLimit } from './mutate.ts';

export interface FuzzResult extends Omit<WorkerResult, 'failure'> {
  /** What went wrong, and the input with which it did. */
  readonly finding?: { readonly problem: string; readonly input: Buffer };
}

/** Beyond the time that it was given, a target that has not ended hangs, in milliseconds. */
const hangMs = 60_000;

/** A target that keeps more than this has a leak, in MiB. */
const memoryMiB = 256;

export async function fuzzByCoverage(target: string, seconds: number, seed: number): Promise<FuzzResult> {
  const current = new SharedArrayBuffer(4 + inputSizeLimit);
  const workerData: WorkerData = { target, seconds, seed, current };
  const worker = new Worker(new URL('coverage-guided-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
  });
  const { failure, ...counts } = await new Promise<WorkerResult>((resolve) => {
    const end = (problem: string): void => {
      resolve({ inputs: 0, corpus: 0, covered: 0, total: 0, failure: problem });
    };
    const timer = setTimeout(
      () => {
        end(`no end ${hangMs} ms after its time`);
      },
      seconds * 1000 + hangMs,
    );
    worker.once('message', resolve);
    worker.once('error', (error) => {
      end(String(error));
    });
    worker.once('exit', (code) => {
      clearTimeout(timer);
      end(`the thread ended with ${code}`);
    });
  });
  await worker.terminate();
  if (failure === undefined) return counts;
  const size = new Int32Array(current, 0, 1)[0]!;
  return { ...counts, finding: { problem: failure, input: Buffer.from(new Uint8Array(current, 4, size)) } };
}
