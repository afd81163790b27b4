/** `memory-process.ts TARGET INPUTS SEED`, with --expose-gc: what a target keeps of what it was given. */
import { inputSizeLimit, mutate } from './mutate.ts';
import type { Fuzz } from './instrument.ts';
import type { MemoryGrowth } from './memory.ts';
import { createRandom } from './random.ts';
import { seeds } from './seeds.ts';

const [target = '', inputs, seed] = process.argv.slice(2);
const { fuzz } = (await import(`./targets/${target}.ts`)) as { readonly fuzz: Fuzz };
const random = createRandom(Number(seed));
const corpus = (seeds[target]?.() ?? [Buffer.from('no seeds')]).map((bytes) => Buffer.from(bytes));
const pick = (): Buffer => corpus[random(corpus.length)]!.subarray(0, inputSizeLimit);

/** What is left when all that can be forgotten is. */
async function heapBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    globalThis.gc!();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function tryInputs(count: number): Promise<void> {
  for (let input = 0; input < count; input++) await fuzz(mutate(pick(), pick(), random));
}

// What is compiled and cached by then is nobody's leak.
await tryInputs(Number(inputs) / 2);
const before = await heapBytes();
await tryInputs(Number(inputs));
const growth: MemoryGrowth = { bytes: (await heapBytes()) - before };
process.send!(growth);
process.disconnect();
