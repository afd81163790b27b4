/** Measures contestants side by side on a machine that others use too. */

/** What one contestant costs. */
export interface Measured {
  readonly name: string;
  /** CPU time of one run in microseconds: the median of the rounds, and the lowest and highest of them. */
  readonly cpuUs: number;
  readonly lowUs: number;
  readonly highUs: number;
}

export interface Contestant {
  readonly name: string;
  readonly run: () => unknown;
}

const rounds = 9;

/** How much CPU time a contestant gets in one round, in microseconds. */
const roundUs = 60_000;

/** Runs all contestants in turn, in each round from another one on, and takes medians. */
export function measure(contestants: readonly Contestant[]): readonly Measured[] {
  const counts = contestants.map(({ run }) => calibrate(run));
  const samples = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      samples[index]!.push(cpuOf(contestants[index]!.run, counts[index]!));
    }
  }
  return summarize(contestants, samples);
}

function summarize(
  contestants: readonly { readonly name: string }[],
  samples: readonly number[][],
): readonly Measured[] {
  return contestants.map(({ name }, index) => {
    const sorted = samples[index]!.sort((a, b) => a - b);
    return { name, cpuUs: sorted[rounds >> 1]!, lowUs: sorted[0]!, highUs: sorted[rounds - 1]! };
  });
}

/** The same for contestants that wait: CPU time of the whole process, one call after another. */
export async function measureAsync(
  contestants: readonly { readonly name: string; readonly run: () => Promise<unknown> }[],
): Promise<readonly Measured[]> {
  const counts: number[] = [];
  for (const { run } of contestants) counts.push(await calibrateAsync(run));
  const samples = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      samples[index]!.push(await cpuOfAsync(contestants[index]!.run, counts[index]!));
    }
  }
  return summarize(contestants, samples);
}

async function calibrateAsync(run: () => Promise<unknown>): Promise<number> {
  // Warm: what is compiled late must not count against whoever comes first.
  await cpuOfAsync(run, 500);
  const us = await cpuOfAsync(run, 100);
  return Math.max(10, Math.round((roundUs * 3) / us));
}

async function cpuOfAsync(run: () => Promise<unknown>, count: number): Promise<number> {
  const start = process.cpuUsage();
  for (let index = 0; index < count; index++) kept.result = await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / count;
}

/** Warms up, and finds how many runs fill a round. */
function calibrate(run: () => unknown): number {
  for (let count = 1; ; count *= 2) {
    const us = cpuOf(run, count) * count;
    if (us > roundUs) return Math.max(1, Math.round((count * roundUs) / us));
  }
}

function cpuOf(run: () => unknown, count: number): number {
  const start = process.cpuUsage();
  for (let index = 0; index < count; index++) kept.result = run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / count;
}

/** Keeps what a contestant makes, so that making it cannot be left out. */
const kept: { result: unknown } = { result: undefined };
