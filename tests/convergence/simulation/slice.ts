/** Some seeds in a process of their own: `slice.ts FROM COUNT EVENTS ENGINE`. Prints one JSON line. */
import type { EngineName } from './faults.ts';
import { simulate } from './simulation.ts';

export interface SliceResult {
  readonly faults: Readonly<Record<string, number>>;
  readonly calls: Readonly<Record<string, number>>;
  readonly reads: number;
  readonly writes: number;
  readonly failures: readonly { readonly seed: number; readonly reason: string }[];
}

/** Failing seeds after which the rest is not worth the time. */
const failuresShown = 5;

export async function runSeeds(
  from: number,
  count: number,
  events: number,
  engine: EngineName = 'table',
): Promise<SliceResult> {
  const faults: Record<string, number> = {};
  const calls: Record<string, number> = {};
  const failures: { seed: number; reason: string }[] = [];
  let [reads, writes] = [0, 0];
  for (let seed = from; seed < from + count && failures.length < failuresShown; seed++) {
    try {
      const result = await simulate(seed, events, engine);
      reads += result.reads;
      writes += result.writes;
      for (const [fault, times] of result.faults) faults[fault] = (faults[fault] ?? 0) + times;
      for (const [path, times] of result.calls) calls[path] = (calls[path] ?? 0) + times;
    } catch (error) {
      failures.push({
        seed,
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
  return { faults, calls, reads, writes, failures };
}

if (process.argv[1] === import.meta.filename) {
  const [from = 1, count = 1, events = 100] = process.argv.slice(2, 5).map(Number);
  console.log(JSON.stringify(await runSeeds(from, count, events, process.argv[5] as EngineName)));
}
