/** `npm run fuzz`: what the tests run for seconds, for as long as one likes. */
import { parseArguments, runCommand, UsageError } from '../../infra/commands/command-line.ts';
import { fuzzByCoverage } from './coverage-guided.ts';
import { fuzzGrpc } from './grpc.ts';
import { measureMemory } from './memory.ts';
import { seeds } from './seeds.ts';
import { fuzzByStructure } from './structured.ts';

const targets = [...Object.keys(seeds), 'grpc'];

/** How many inputs a target gets whose memory is looked at. */
const memoryInputs = 100_000;

const usage = `Usage: npm run fuzz -- [TARGET...] [--seconds N] [--seed N]

TARGET: ${targets.join(', ')}; all of them unless named.
--seconds  how long each target is tried: 60, half of it by coverage and half by structure
--seed     of all that is drawn by chance: another one each time`;

async function main(): Promise<void> {
  const options = { seconds: { type: 'string' }, seed: { type: 'string' } } as const;
  const { values, positionals } = parseArguments(options);
  const seconds = number(values.seconds ?? '60');
  const seed = number(values.seed ?? String(1 + Math.floor(Math.random() * 1e6)));
  const unknown = positionals.find((name) => !targets.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no target ${unknown}`);
  console.log(`seed ${seed}`);
  for (const target of positionals.length > 0 ? positionals : targets)
    await (target === 'grpc' ? grpc(seconds, seed) : bytes(target, seconds / 2, seed));
}

async function bytes(target: string, seconds: number, seed: number): Promise<void> {
  const { inputs, corpus, covered, total, finding } = await fuzzByCoverage(target, seconds, seed);
  if (finding !== undefined) {
    const input = `input in base64: ${finding.input.toString('base64')}`;
    throw new Error(`${target}: ${finding.problem}\n${input}`);
  }
  const corpusText = `${corpus} of them new, ${covered} of ${total} parts ran`;
  console.log(`${target}, by coverage: ${inputs} inputs in ${seconds} s, ${corpusText}, no finding`);
  const structured = await withCause(fuzzByStructure(target, seconds, seed));
  console.log(`${target}, by structure: ${structured} inputs in ${seconds} s, no finding`);
  const { bytes: growth } = await measureMemory(target, memoryInputs, seed);
  const each = (growth / memoryInputs).toFixed(1);
  console.log(`${target}, memory: ${each} bytes kept of each of ${memoryInputs} inputs`);
}

async function grpc(seconds: number, seed: number): Promise<void> {
  const { connections, calls, growthBytes } = await withCause(fuzzGrpc(seconds, seed));
  const growth = `${(growthBytes / (1 << 20)).toFixed(0)} MiB more memory`;
  console.log(`grpc: ${connections} connections and ${calls} calls in ${seconds} s, ${growth}, no finding`);
}

/** fast-check says for which input, and keeps what went wrong in the cause. */
async function withCause<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    throw new Error(`${String((error as Error).cause)}\n${(error as Error).message}`, { cause: error });
  }
}

function number(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`${text} is not a number above 0`);
}

await runCommand(usage, main);
