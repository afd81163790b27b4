/** The metrics that the alarms and the dashboard of a template look at. */
import type { Series } from '../../infra/aws/dashboard/widget.ts';
import type { Template } from '../template/template.ts';

export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  /** Values by name: a text, undefined where any value is looked at, or a reference to another resource. */
  readonly dimensions: Readonly<Record<string, unknown>>;
}

interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** An alarm looks at one metric, or at an expression over several. */
interface Alarm extends Partial<AlarmMetric> {
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: AlarmMetric } }[];
}

interface Dashboard {
  readonly DashboardBody: { readonly 'Fn::Sub': string };
}

export function watchedMetrics(template: Template): readonly WatchedMetric[] {
  const propertiesOf = (type: string): readonly unknown[] =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);
  const alarms = propertiesOf('AWS::CloudWatch::Alarm') as readonly Alarm[];
  const dashboards = propertiesOf('AWS::CloudWatch::Dashboard') as readonly Dashboard[];
  return [...alarms.flatMap(ofAlarm), ...dashboards.flatMap(ofDashboard)];
}

function ofAlarm({ Metrics, ...one }: Alarm): readonly WatchedMetric[] {
  const metrics = Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [one as AlarmMetric];
  return metrics.map(({ Namespace, MetricName, Dimensions }) => ({
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  }));
}

function ofDashboard({ DashboardBody }: Dashboard): readonly WatchedMetric[] {
  const { widgets } = JSON.parse(DashboardBody['Fn::Sub']) as {
    readonly widgets: readonly { readonly properties: { readonly metrics?: readonly Series[] } }[];
  };
  return widgets.flatMap(({ properties }) => properties.metrics ?? []).flatMap(ofSeries);
}

function ofSeries(series: Series): readonly WatchedMetric[] {
  const [first] = series;
  if (typeof first === 'object')
    return 'expression' in first && first.expression.startsWith('SEARCH') ? [ofSearch(first.expression)] : [];
  const [namespace, name, ...rest] = series.filter((part) => typeof part === 'string');
  const pairs = rest.flatMap((key, at) => (at % 2 === 0 ? [[key, rest[at + 1]] as const] : []));
  return [{ namespace: namespace!, name: name!, dimensions: Object.fromEntries(pairs) }];
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html */
function ofSearch(expression: string): WatchedMetric {
  const [, schema, terms] = /^SEARCH\('\{([^}]+)\} ([^']+)'/.exec(expression)!;
  const [namespace, ...dimensions] = schema!.split(',');
  const values = new Map([...terms!.matchAll(/(\w+)="([^"]+)"/g)].map(([, name, value]) => [name, value]));
  return {
    namespace: namespace!,
    name: values.get('MetricName')!,
    dimensions: Object.fromEntries(dimensions.map((name) => [name, values.get(name)])),
  };
}
