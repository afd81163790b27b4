/**
 * Metrics in CloudWatch's embedded metric format: a log line that says which of its fields are metrics.
 *
 * Written here since the usual library takes longer to load than all of ours; docs/performance.md has the figures.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

/** Every metric, with its unit. docs/operations.md says what each counts. */
const units = {
  JobFound: 'Count',
  JobNotFound: 'Count',
  NotModified: 'Count',
  Errors: 'Count',
  StoreLatency: 'Milliseconds',
  ReadUnits: 'Count',
  AnswerAge: 'Seconds',
  ColdStart: 'Count',
  SyncLag: 'Seconds',
  EventsApplied: 'Count',
  EventsStale: 'Count',
  EventsFailed: 'Count',
  EventsSkipped: 'Count',
  LostRaces: 'Count',
  RoundsMade: 'Count',
  RoundsFailed: 'Count',
  RoundAge: 'Seconds',
  DocumentsConfirmed: 'Count',
  DocumentsCorrected: 'Count',
  UpstreamCalls: 'Count',
} as const;

type MetricName = keyof typeof units;

export interface Metrics {
  readonly values: Readonly<
    Partial<Record<Exclude<MetricName, 'SyncLag'>, number | readonly number[]>> & {
      /** One value for each event; of more than CloudWatch takes, the largest are kept. */
      SyncLag?: readonly number[];
    }
  >;
  /** A metric that is also counted by a third dimension, such as errors by code. */
  readonly by?: {
    readonly metric: MetricName;
    readonly dimension: 'Code' | 'Reason';
    readonly value: string;
  };
}

/** Gives the fields of a log line that carry metrics, in JSON without the braces. */
export type EmbedMetrics = (metrics: Metrics, timeMs: number) => string;

export const metricsNamespace = 'DatasphereJobCache';

/** The most values of one metric that a line may hold. */
export const valuesLimit = 100;

/**
 * Metrics by the dimensions `Stage` and `Function`. What is the same in each line of a kind is put together once.
 *
 * @param stage as deployed, such as `prod`
 * @param functionName `get`, `sync`, `refresh` or `grpc`
 */
export function createEmbedMetrics(stage: string, functionName: string): EmbedMetrics {
  const dimensions = `"Stage":${JSON.stringify(stage)},"Function":${JSON.stringify(functionName)}`;
  const definitions = new Map<string, string>();
  const definitionOf = (
    names: readonly string[],
    { metric, dimension }: Partial<NonNullable<Metrics['by']>>,
  ): string => {
    const kind = `${names.join()} ${dimension ?? ''}`;
    let definition = definitions.get(kind);
    if (definition === undefined) {
      const directives = [directive(['Stage', 'Function'], names)];
      if (dimension !== undefined) directives.push(directive(['Stage', 'Function', dimension], [metric!]));
      definition = JSON.stringify(directives);
      definitions.set(kind, definition);
    }
    return definition;
  };

  return ({ values, by }, timeMs) => {
    const definition = definitionOf(Object.keys(values), by ?? {});
    const third = by === undefined ? '' : `,"${by.dimension}":${JSON.stringify(by.value)}`;
    const fields = JSON.stringify(limited(values)).slice(1, -1);
    return `"_aws":{"Timestamp":${timeMs},"CloudWatchMetrics":${definition}},${dimensions}${third},${fields}`;
  };
}

function directive(dimensions: readonly string[], names: readonly string[]): object {
  const Metrics = names.map((Name) => ({ Name, Unit: units[Name as MetricName] }));
  return { Namespace: metricsNamespace, Dimensions: [dimensions], Metrics };
}

function limited(values: Metrics['values']): Metrics['values'] {
  const { SyncLag: lags } = values;
  if (typeof lags !== 'object' || lags.length <= valuesLimit) return values;
  return { ...values, SyncLag: lags.toSorted((a, b) => b - a).slice(0, valuesLimit) };
}
