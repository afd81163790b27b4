/** Made-up metrics of an hour in which a burst of events comes and a few requests fail. */
import type { MetricProperties, Series } from './widget.ts';

export interface Curve {
  readonly name: string;
  /** One value a minute. */
  readonly points: readonly number[];
}

/** By metric and statistic, or by the id of an expression: the usual value, and how high it goes in the burst. */
const levels: Readonly<Record<string, readonly [usual: number, burst: number]>> = {
  JobFound: [1800, 2100],
  NotModified: [900, 700],
  JobNotFound: [60, 80],
  Errors: [3, 24],
  api: [0.02, 0.8],
  url: [0.01, 0.3],
  codes: [3, 24],
  'SyncLag p50': [0.9, 1.6],
  'SyncLag p95': [1.8, 6],
  'SyncLag Maximum': [2.6, 9],
  EventsApplied: [240, 1400],
  EventsStale: [30, 160],
  EventsFailed: [0, 2],
  LostRaces: [1, 14],
  'AnswerAge p50': [4, 6],
  'AnswerAge p95': [9, 19],
  'RoundAge Maximum': [10, 20],
  DocumentsConfirmed: [720, 640],
  DocumentsCorrected: [2, 60],
  RoundsMade: [12, 9],
  RoundsFailed: [0, 3],
  UpstreamCalls: [16, 44],
  'ApproximateNumberOfMessagesVisible waiting': [2, 60],
  'ApproximateNumberOfMessagesVisible dead letters': [0, 0],
  ApproximateAgeOfOldestMessage: [1, 9],
  'Duration p50': [4, 5],
  'Duration p95': [9, 14],
  'Duration p99': [16, 70],
  'StoreLatency p50': [2.4, 3],
  'StoreLatency p99': [8, 40],
  ColdStart: [0.4, 5],
  Throttles: [0, 0],
  ReadUnits: [0.57, 0.6],
  ConsumedReadCapacityUnits: [1600, 2400],
  ConsumedWriteCapacityUnits: [520, 3100],
  get: [12, 17],
  sync: [9, 48],
  IncomingBytes: [1_600_000, 2_100_000],
};

const minutes = 60;
const burst = { middle: 38, width: 6 };

/** The curves of a graph, one for each series that is to be seen. */
export function sampleSeries({ metrics, stat }: MetricProperties): readonly Curve[] {
  return metrics.flatMap((series, index) => {
    const named = nameOf(series, stat);
    if (named === undefined) return [];
    const level = named.keys.map((key) => levels[key]).find((found) => found !== undefined);
    if (level === undefined) throw new Error(`there are no sample data for ${named.keys.join(', ')}`);
    return [{ name: named.label, points: curve(level, index + 1) }];
  });
}

function nameOf(
  series: Series,
  stat: string,
): { readonly label: string; readonly keys: readonly string[] } | undefined {
  const options = series.at(-1);
  if (typeof options !== 'object') throw new Error('a series ends with its options');
  if ('expression' in options)
    return { label: options.label === '' ? 'UNAVAILABLE' : options.label, keys: [options.id] };
  if (options.visible === false) return undefined;
  const [, metric] = series as readonly string[];
  return {
    label: options.label,
    keys: [`${metric!} ${options.stat ?? stat}`, `${metric!} ${options.label}`, metric!],
  };
}

/** The usual value with a little noise, and a hill where the burst is. */
function curve([usual, high]: readonly [number, number], seed: number): readonly number[] {
  return Array.from({ length: minutes }, (_, minute) => {
    const noise = 1 + 0.08 * Math.sin(minute * 1.7 + seed) * Math.sin(minute * 0.6 + 2 * seed);
    const hill = Math.exp(-(((minute - burst.middle) / burst.width) ** 2));
    return (usual + (high - usual) * hill) * noise;
  });
}
