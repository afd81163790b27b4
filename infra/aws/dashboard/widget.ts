/**
 * The widgets of CloudWatch dashboards, as far as they are used here.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export interface Dashboard {
  readonly periodOverride: 'inherit';
  readonly widgets: readonly Widget[];
}

interface Place {
  readonly x: number;
  readonly y: number;
  /** Of the 24 columns. */
  readonly width: number;
  readonly height: number;
}

export type Widget = Place &
  (
    | { readonly type: 'text'; readonly properties: { readonly markdown: string } }
    | {
        readonly type: 'alarm';
        readonly properties: { readonly title: string; readonly alarms: readonly string[] };
      }
    | { readonly type: 'metric'; readonly properties: MetricProperties }
  );

export interface MetricProperties {
  readonly title: string;
  readonly region: string;
  readonly view: 'timeSeries';
  readonly stacked: boolean;
  readonly period: number;
  readonly stat: string;
  readonly metrics: readonly Series[];
  readonly yAxis: { readonly left: { readonly min: 0; readonly label: string; readonly showUnits: false } };
}

export interface SeriesOptions {
  readonly label: string;
  readonly stat?: string;
  readonly id?: string;
  readonly visible?: false;
}

/** Namespace, name, then dimensions by name and value, then options; or an expression over others. */
export type Series =
  | readonly [...names: string[], options: SeriesOptions]
  | readonly [{ readonly expression: string; readonly label: string; readonly id: string }];
