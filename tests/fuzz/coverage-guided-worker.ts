/** A thread that fuzzes one target: whoever started it sees what it is at, and ends it where it hangs. */
import { parentPort, workerData } from 'node:worker_threads';
import { inputSizeLimit, mutate } from './mutate.ts';
import { instrument } from './instrument.ts';
import { createRandom } from './random.ts';
import { seeds } from './seeds.ts';

export interface WorkerData {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** The size of the input that is being tried, and the input. */
  readonly current: SharedArrayBuffer;
}

export interface WorkerResult {
  readonly inputs: number;
  /** Inputs that made something run that had not run before. */
  readonly corpus: number;
  readonly covered: number;
  readonly total: number;
  /** What was thrown for the input that is current, if anything was. */
  readonly failure?: string;
}

const { target, seconds, seed, current } = workerData as WorkerData;
const [size, input] = [new Int32Array(current, 0, 1), new Uint8Array(current, 4)];
const { fuzz, coverage } = await instrument(target);
const random = createRandom(seed);
const corpus: Buffer[] = [];
const untried = (seeds[target]?.() ?? []).map((bytes) => Buffer.from(bytes).subarray(0, inputSizeLimit));
const pick = (): Buffer => corpus[random(corpus.length)] ?? Buffer.alloc(0);

/** What an input fails with, if with anything. */
async function tryInput(data: Buffer): Promise<string | undefined> {
  input.set(data);
  Atomics.store(size, 0, data.length);
  try {
    const pending = fuzz(data);
    if (pending !== undefined) await pending;
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Leaves out of an input what it does not need to fail; what it fails with may change on the way. */
async function shorten(failing: Buffer): Promise<Buffer> {
  let shortest = failing;
  for (let count = Math.ceil(failing.length / 2); count > 0; count = count === 1 ? 0 : Math.ceil(count / 2)) {
    for (let at = 0; at < shortest.length;) {
      const shorter = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + count)]);
      if ((await tryInput(shorter)) === undefined) at += count;
      else shortest = shorter;
    }
  }
  return shortest;
}

let inputs = 0;
let failure: string | undefined;
const endMs = performance.now() + seconds * 1000;
while (failure === undefined && (performance.now() < endMs || untried.length > 0)) {
  const data = untried.pop() ?? mutate(pick(), pick(), random);
  failure = await tryInput(data);
  if (failure !== undefined) failure = await tryInput(await shorten(data));
  inputs++;
  if (coverage.take()) corpus.push(data);
}
const { covered, total } = coverage;
const result: WorkerResult = {
  inputs,
  corpus: corpus.length,
  covered,
  total,
  ...(failure !== undefined && { failure }),
};
parentPort!.postMessage(result);
