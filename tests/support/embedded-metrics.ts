/**
 * Checks a log line against the embedded metric format.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export interface EmbeddedMetric {
  readonly name: string;
  readonly unit: string;
  /** By name. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** The units that CloudWatch knows, of those that one would use here. */
const units = ['Seconds', 'Milliseconds', 'Microseconds', 'Bytes', 'Count', 'Percent', 'None'];

interface Root {
  readonly _aws?: {
    readonly Timestamp: unknown;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: unknown;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [target: string]: unknown;
}

/**
 * The metrics that CloudWatch would take from a line; none where it does not say that it has some.
 *
 * @throws {Error} where the line breaks the format
 */
export function readEmbeddedMetrics(line: string, namespace: string): readonly EmbeddedMetric[] {
  const root = JSON.parse(line) as Root;
  if (root._aws === undefined) return [];
  const check = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`${what}: ${line}`);
  };
  const { Timestamp, CloudWatchMetrics, ...others } = root._aws;
  check(Object.keys(others).length === 0, 'the metadata has something unknown');
  check(
    Number.isInteger(Timestamp) && Math.abs(Date.now() - Number(Timestamp)) < 60_000,
    'the time is not now',
  );
  check(CloudWatchMetrics.length > 0, 'there is no directive');
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics, ...more }) => {
    check(Object.keys(more).length === 0, 'a directive has something unknown');
    check(Namespace === namespace, 'the namespace is another');
    check(Metrics.length > 0 && Metrics.length <= 100, 'a directive has 1 to 100 metrics');
    check(new Set(Metrics.map(({ Name }) => Name)).size === Metrics.length, 'a metric is defined twice');
    return Dimensions.flatMap((set) => {
      check(set.length <= 30, 'a set has more than 30 dimensions');
      const dimensions = Object.fromEntries(
        set.map((name) => {
          const value = root[name];
          check(typeof value === 'string' && value.length > 0 && value.length <= 1024, `${name} is no text`);
          return [name, value as string];
        }),
      );
      return Metrics.map(({ Name, Unit, ...rest }) => {
        check(Object.keys(rest).length === 0, `${Name} has something unknown`);
        check(units.includes(Unit), `${Name} has an unknown unit`);
        const values = [root[Name]].flat();
        check(values.length > 0 && values.length <= 100, `${Name} has 1 to 100 values`);
        check(
          values.every((value) => typeof value === 'number' && Number.isFinite(value)),
          `${Name} is no number`,
        );
        return { name: Name, unit: Unit, dimensions, values: values as readonly number[] };
      });
    });
  });
}
