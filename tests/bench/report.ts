import { cpus } from 'node:os';
import type { Measured } from './measure.ts';

/** One line of the benchmark. */
export interface Figure {
  readonly group: string;
  /** What it was measured on. */
  readonly subject: string;
  readonly contestant: string;
  readonly value: number;
  readonly unit: string;
  /** The lowest and the highest round, where rounds were measured. */
  readonly spread?: readonly [number, number];
  /** Ours divided by this one: below 1 is better. */
  readonly ours: number;
}

/** CPU times as figures; the first contestant is ours. */
export function cpuFigures(group: string, subject: string, measured: readonly Measured[]): readonly Figure[] {
  return measured.map(({ name, cpuUs, lowUs, highUs }) => ({
    group,
    subject,
    contestant: name,
    value: cpuUs,
    unit: 'µs CPU',
    spread: [lowUs, highUs],
    ours: measured[0]!.cpuUs / cpuUs,
  }));
}

export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, Node ${process.versions.node}, ${process.platform}`;
}

export function print(figures: readonly Figure[]): void {
  let heading = '';
  for (const { group, subject, contestant, value, unit, spread, ours } of figures) {
    if (heading !== `${group}: ${subject}`) {
      heading = `${group}: ${subject}`;
      console.log(`\n${heading}`);
    }
    const range = spread === undefined ? '' : ` (${short(spread[0])} to ${short(spread[1])})`;
    console.log(
      `  ${contestant.padEnd(34)} ${`${short(value)} ${unit}${range}`.padEnd(34)} ours is ${ours.toFixed(2)} of it`,
    );
  }
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
