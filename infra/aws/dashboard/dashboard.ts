import { metricsNamespace } from '../../../lib/telemetry/metrics.ts';
import type { Dashboard, MetricProperties, Series, SeriesOptions, Widget } from './widget.ts';

/** Rows are so high, in CloudWatch's units. */
const rowHeight = 6;
const headingHeight = 1;
const columns = 24;

/** A question, and the graphs that answer it. */
interface Row {
  readonly question: string;
  readonly graphs: readonly Graph[];
}

type Graph = Pick<MetricProperties, 'title' | 'stacked' | 'stat' | 'metrics'> & { readonly unit: string };

/** The alarms of infra/aws/alarms.yml. */
const alarms = [
  'ServerErrorsAlarm',
  'FunctionErrorsAlarm',
  'LatencyAlarm',
  'ThrottlesAlarm',
  'DeadLettersAlarm',
  'QueueAgeAlarm',
  'SyncLagAlarm',
  'FailedEventsAlarm',
];

/** Those of infra/aws/grpc-service.yml. */
const grpcAlarms = ['GrpcErrorsAlarm', 'GrpcUnhealthyAlarm'];

/** Those of infra/aws/upstream.yml. */
const upstreamAlarms = ['RefreshAlarm', 'FailedRoundsAlarm', 'ConsistencyAlarm'];

/** What there is to be seen of a stage. */
export interface DashboardOptions {
  readonly stage: string;
  /** Name of the job table. */
  readonly table: string;
  /** As the settings of these names. */
  readonly grpc: boolean;
  readonly functionUrl: boolean;
  /** Whether it reads jobs from upstream. */
  readonly upstream: boolean;
}

/** The dashboard of a stage, with references for `Fn::Sub` in it. */
export function dashboard(options: DashboardOptions): Dashboard {
  const { stage, grpc, upstream } = options;
  const ids = [...alarms, ...(grpc ? grpcAlarms : []), ...(upstream ? upstreamAlarms : [])];
  const widgets: Widget[] = [
    {
      ...{ type: 'alarm', x: 0, y: 0, width: columns, height: 2 },
      properties: { title: `datasphere-job-cache ${stage}`, alarms: ids.map((id) => `\${${id}.Arn}`) },
    },
  ];
  let y = 2;
  for (const { question, graphs } of rows(options)) {
    const markdown = `## ${question}`;
    widgets.push({
      ...{ type: 'text', x: 0, y, width: columns, height: headingHeight },
      properties: { markdown },
    });
    y += headingHeight;
    const width = columns / graphs.length;
    for (const [index, graph] of graphs.entries())
      widgets.push({
        ...{ type: 'metric', x: index * width, y, width, height: rowHeight },
        properties: complete(graph),
      });
    y += rowHeight;
  }
  return { periodOverride: 'inherit', widgets };
}

function complete({ unit, ...graph }: Graph): MetricProperties {
  const yAxis = { left: { min: 0, label: unit, showUnits: false } } as const;
  return { ...graph, region: '${AWS::Region}', view: 'timeSeries', period: 60, yAxis };
}

function rows({ stage, table, grpc, functionUrl, upstream }: DashboardOptions): readonly Row[] {
  const own =
    (functionName: string) =>
    (name: string, options: SeriesOptions): Series => [
      ...[metricsNamespace, name, 'Stage', stage, 'Function', functionName],
      options,
    ];
  const get = own('get');
  const sync = own('sync');
  const native = own('grpc');
  const refresh = own('refresh');
  const getFunction = lambda('${GetLambdaFunction}');
  const syncFunction = lambda('${SyncLambdaFunction}');
  return [
    {
      question: 'Are readers served?',
      graphs: [
        graph('Answers', 'a minute', 'Sum', true, [
          get('JobFound', { label: 'found' }),
          get('NotModified', { label: 'not modified' }),
          get('JobNotFound', { label: 'not found' }),
          get('Errors', { label: 'errors' }),
          ...(grpc
            ? [
                native('JobFound', { label: 'gRPC: found' }),
                native('JobNotFound', { label: 'gRPC: not found' }),
                native('Errors', { label: 'gRPC: errors' }),
              ]
            : []),
        ]),
        graph('Answers with 5xx', 'percent', 'Sum', false, [
          ...share('API', 'api', ['5xx', 'Count'], ['AWS/ApiGateway', 'ApiId', '${HttpApi}']),
          ...(functionUrl
            ? share(
                'function URL',
                'url',
                ['Url5xxCount', 'UrlRequestCount'],
                ['AWS/Lambda', 'FunctionName', '${GetLambdaFunction}'],
              )
            : []),
        ]),
        graph('Errors by code', 'a minute', 'Sum', true, [[errorsByCode(stage)]]),
      ],
    },
    {
      question: 'How fresh is what they get?',
      graphs: [
        graph('From the change to the table', 'seconds', 'p50', false, [
          sync('SyncLag', { label: 'median', stat: 'p50' }),
          sync('SyncLag', { label: 'p95', stat: 'p95' }),
          sync('SyncLag', { label: 'longest', stat: 'Maximum' }),
        ]),
        graph('Events', 'a minute', 'Sum', true, [
          sync('EventsApplied', { label: 'applied' }),
          sync('EventsStale', { label: 'known already' }),
          sync('EventsFailed', { label: 'failed' }),
        ]),
        graph('Queues', 'messages', 'Maximum', false, [
          queue('ApproximateNumberOfMessagesVisible', 'JobEvents', 'waiting'),
          queue('ApproximateNumberOfMessagesVisible', 'JobEventsDeadLetters', 'dead letters'),
          queue('ApproximateAgeOfOldestMessage', 'JobEvents', 'oldest, in seconds'),
        ]),
      ],
    },
    ...(upstream
      ? [
          {
            question: 'Does it agree with upstream?',
            graphs: [
              graph('Age of answers about running jobs', 'seconds', 'p50', false, [
                get('AnswerAge', { label: 'median', stat: 'p50' }),
                get('AnswerAge', { label: 'p95', stat: 'p95' }),
                ...(grpc ? [native('AnswerAge', { label: 'gRPC: p95', stat: 'p95' })] : []),
                refresh('RoundAge', { label: 'between rounds, longest', stat: 'Maximum' }),
              ]),
              graph('Documents looked at', 'a minute', 'Sum', true, [
                refresh('DocumentsConfirmed', { label: 'right' }),
                refresh('DocumentsCorrected', { label: 'corrected' }),
              ]),
              graph('Rounds', 'a minute', 'Sum', false, [
                refresh('RoundsMade', { label: 'made' }),
                refresh('RoundsFailed', { label: 'failed' }),
                refresh('UpstreamCalls', { label: 'calls upstream' }),
              ]),
            ],
          },
        ]
      : []),
    {
      question: 'How fast?',
      graphs: [
        graph('A read in the function', 'milliseconds', 'p50', false, [
          getFunction('Duration', { label: 'median', stat: 'p50' }),
          getFunction('Duration', { label: 'p95', stat: 'p95' }),
          getFunction('Duration', { label: 'p99', stat: 'p99' }),
        ]),
        graph('Of that, in the table', 'milliseconds', 'p50', false, [
          get('StoreLatency', { label: 'median', stat: 'p50' }),
          get('StoreLatency', { label: 'p99', stat: 'p99' }),
          ...(grpc ? [native('StoreLatency', { label: 'gRPC: p99', stat: 'p99' })] : []),
        ]),
        graph('Waits of other kinds', 'a minute', 'Sum', false, [
          get('ColdStart', { label: 'cold starts of get' }),
          sync('ColdStart', { label: 'cold starts of sync' }),
          getFunction('Throttles', { label: 'throttles of get' }),
          sync('LostRaces', { label: 'lost races' }),
        ]),
      ],
    },
    {
      question: 'What does it cost?',
      graphs: [
        graph('Read units a read', 'units', 'Average', false, [
          get('ReadUnits', { label: 'mean' }),
          ...(grpc ? [native('ReadUnits', { label: 'gRPC: mean' })] : []),
        ]),
        graph('Table', 'units a minute', 'Sum', true, [
          capacity(table, 'ConsumedReadCapacityUnits', 'read units'),
          capacity(table, 'ConsumedWriteCapacityUnits', 'write units'),
        ]),
        graph('Functions', 'seconds a minute', 'Sum', true, [
          [{ expression: 'getMs / 1000', label: 'get', id: 'get' }],
          [{ expression: 'syncMs / 1000', label: 'sync', id: 'sync' }],
          getFunction('Duration', { label: 'get', id: 'getMs', visible: false }),
          syncFunction('Duration', { label: 'sync', id: 'syncMs', visible: false }),
        ]),
        graph('Logs', 'bytes a minute', 'Sum', true, [
          logs('${GetLogGroup}', 'get'),
          logs('${SyncLogGroup}', 'sync'),
          ...(grpc ? [logs('${GrpcLogGroup}', 'gRPC')] : []),
        ]),
      ],
    },
  ];
}

function graph(
  title: string,
  unit: string,
  stat: string,
  stacked: boolean,
  metrics: readonly Series[],
): Graph {
  return { title, unit, stat, stacked, metrics };
}

/** One metric in percent of another, which are not drawn themselves. */
function share(
  label: string,
  id: string,
  [part, whole]: readonly [string, string],
  [namespace, ...dimensions]: readonly [string, ...string[]],
): readonly Series[] {
  const hidden = (name: string, metric: string): Series => [
    ...[namespace, metric, ...dimensions],
    { label: metric, id: name, visible: false },
  ];
  return [
    [{ expression: `100 * ${id}Failed / ${id}All`, label, id }],
    hidden(`${id}Failed`, part),
    hidden(`${id}All`, whole),
  ];
}

function errorsByCode(stage: string) {
  const schema = `{${metricsNamespace},Stage,Function,Code}`;
  const expression = `SEARCH('${schema} Stage="${stage}" MetricName="Errors"', 'Sum', 60)`;
  return { expression, label: '', id: 'codes' };
}

function lambda(name: string) {
  return (metric: string, options: SeriesOptions): Series => [
    'AWS/Lambda',
    metric,
    'FunctionName',
    name,
    options,
  ];
}

function queue(metric: string, id: string, label: string): Series {
  return ['AWS/SQS', metric, 'QueueName', `\${${id}.QueueName}`, { label }];
}

function capacity(table: string, metric: string, label: string): Series {
  return ['AWS/DynamoDB', metric, 'TableName', table, { label }];
}

function logs(group: string, label: string): Series {
  return ['AWS/Logs', 'IncomingBytes', 'LogGroupName', group, { label }];
}
