/** Measures contestants side by side on a machine that others use too. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Figure } from './figure.ts';

export interface Contestant {
  readonly name: string;
  /** One run; a promise is waited for. */
  readonly run: () => unknown;
}

export interface MeasureOptions {
  /** How often each contestant has its turn. */
  readonly rounds?: number;
  /** About how long one turn takes, in milliseconds. */
  readonly turnMs?: number;
}

interface Cost {
  readonly cpuUs: number;
  readonly wallUs: number;
}

/** How long a contestant runs before it is measured, in turns: what is compiled late must not count against it. */
const warmUpTurns = 3;

/**
 * Runs all contestants in turn, in each round from another one on. CPU is the whole process's, garbage collection and
 * compilation included, for one run.
 */
export async function measure(
  { group, subject }: Pick<Figure, 'group' | 'subject'>,
  contestants: readonly Contestant[],
  { rounds = 9, turnMs = 60 }: MeasureOptions = {},
): Promise<readonly Figure[]> {
  const counts: number[] = [];
  for (const { run } of contestants) counts.push(await calibrate(run, turnMs * 1000));
  const costs = contestants.map((): Cost[] => []);
  for (let round = 0; round < rounds; round++)
    for (const index of turns(contestants.length, round)) {
      collectGarbage();
      costs[index]!.push(await costOf(contestants[index]!.run, counts[index]!));
    }
  return contestants.flatMap(({ name: contestant }, index) => [
    { group, subject, contestant, unit: 'µs CPU', rounds: costs[index]!.map(({ cpuUs }) => cpuUs) },
    { group, subject, contestant, unit: 'µs wall', rounds: costs[index]!.map(({ wallUs }) => wallUs) },
  ]);
}

/** Whose turn it is, one after another: in each round another one comes first, in every other round backwards. */
export function turns(contestants: number, round: number): readonly number[] {
  const order = Array.from({ length: contestants }, (_, turn) => (turn + round) % contestants);
  return round % 2 === 0 ? order : order.toReversed();
}

/** Warms up, and finds how many runs fill a turn. */
async function calibrate(run: () => unknown, turnUs: number): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const { cpuUs, wallUs } = await costOf(run, count);
    if (Math.max(cpuUs, wallUs) * count < turnUs * warmUpTurns) continue;
    return Math.max(1, Math.round(turnUs / (await costOf(run, count)).wallUs));
  }
}

async function costOf(run: () => unknown, count: number): Promise<Cost> {
  const startMs = performance.now();
  const start = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const result = run();
    kept.result = result instanceof Promise ? await result : result;
  }
  const { user, system } = process.cpuUsage(start);
  return { cpuUs: (user + system) / count, wallUs: ((performance.now() - startMs) * 1000) / count };
}

/** Keeps what a contestant makes, so that making it cannot be left out. */
const kept: { result: unknown } = { result: undefined };

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;

/** One contestant's garbage is not for the next one to clear away. Young objects only: a whole collection drops compiled code. */
function collectGarbage(): void {
  gc({ type: 'minor' });
}
