import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkTemplate } from '../template/check-template.ts';
import { referencesIn } from '../template/references.ts';
import type { Template, TemplateResource } from '../template/template.ts';
import { readGetConfig, readGrpcConfig } from '../../lib/config/config.ts';
import { codeNumbers } from '../../lib/runtime/status.ts';
import { metricsNamespace } from '../../lib/telemetry/metrics.ts';
import { rowsOf, topics } from '../../infra/aws/settings/definitions.ts';
import { environmentOf } from '../../infra/aws/settings/environment.ts';
import { readSettings } from '../../infra/aws/settings/read-settings.ts';
import type { DeployedProcess } from '../../lib/config/setting.ts';
import { documentedMetrics, operations } from '../support/operations-page.ts';
import { packageVariants, variants } from '../support/template-variants.ts';
import { watchedMetrics } from '../support/watched-metrics.ts';

/** An entry of the metrics of an alarm: a metric, or an expression over others. */
interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
    };
    readonly Stat: string;
  };
}

let templates: ReadonlyMap<string, Template>;
beforeAll(async () => {
  templates = await packageVariants(variants.map(([name]) => name));
}, 300_000);

/** The values in a template, by themselves and behind their names. */
function leavesOf(part: unknown, name = '', leaves = new Set<string>()): ReadonlySet<string> {
  if (typeof part === 'object' && part !== null)
    for (const [key, value] of Object.entries(part)) leavesOf(value, key, leaves);
  else leaves.add(String(part)).add(`${name}: ${String(part)}`);
  return leaves;
}

const functionIds = {
  get: 'GetLambdaFunction',
  sync: 'SyncLambdaFunction',
  refresh: 'RefreshLambdaFunction',
};

const restored = 'a stage with a table that was restored';

const template = (name = 'a plain dev stage'): Template => templates.get(name)!;
const ofType = (type: string, name?: string): readonly TemplateResource[] =>
  Object.values(template(name).Resources).filter(({ Type }) => Type === type);
const properties = (id: string, name?: string): Readonly<Record<string, unknown>> =>
  template(name).Resources[id]!.Properties!;

describe('the template', () => {
  it.each(variants)('the template of %s follows the schemas of AWS', (name) => {
    expect(checkTemplate(template(name))).toEqual([]);
  });

  it('the table survives the stack, and can be restored to each second of the last 35 days', () => {
    for (const [name] of variants.filter(([one]) => one !== restored)) {
      const table = template(name).Resources['JobTable']!;
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(table.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      });
    }
  });

  it('an existing table is used and not changed, and a table of the stack is kept', () => {
    expect(ofType('AWS::DynamoDB::Table', restored)).toEqual([]);
    for (const id of ['GetLambdaFunction', 'SyncLambdaFunction'])
      expect(properties(id, restored)).toMatchObject({
        Environment: { Variables: { JOB_TABLE: 'jobs-restored' } },
      });
    const arn = { 'Fn::Sub': expect.stringMatching(/^arn:[^/]*:dynamodb:[^/]*:table\/jobs-restored$/) };
    for (const id of ['GetRole', 'SyncRole'])
      expect(properties(id, restored)).toMatchObject({
        Policies: [
          {
            PolicyDocument: {
              Statement: expect.arrayContaining([expect.objectContaining({ Resource: arn })]),
            },
          },
        ],
      });
    const watched = watchedMetrics(template(restored)).filter(
      ({ namespace }) => namespace === 'AWS/DynamoDB',
    );
    expect(watched.length).toBeGreaterThan(2);
    for (const { dimensions } of watched) expect(dimensions).toEqual({ TableName: 'jobs-restored' });
  });

  it('the table of prod is protected, and encrypted with the given key', () => {
    expect(properties('JobTable')).toMatchObject({
      DeletionProtectionEnabled: false,
      SSESpecification: { SSEEnabled: false },
    });
    expect(properties('JobTable', 'a plain prod stage')).toMatchObject({ DeletionProtectionEnabled: true });
    expect(properties('JobTable', 'a stage with a signed function URL and a key')).toMatchObject({
      SSESpecification: { SSEType: 'KMS', KMSMasterKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1a2b' },
    });
  });

  it('the queue leaves its function time for six attempts, and has a place for failed messages', () => {
    const { VisibilityTimeout, RedrivePolicy } = properties('JobEvents');
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(
      6 * (properties('SyncLambdaFunction')['Timeout'] as number),
    );
    expect(RedrivePolicy).toMatchObject({
      deadLetterTargetArn: { 'Fn::GetAtt': ['JobEventsDeadLetters', 'Arn'] },
    });
    expect(ofType('AWS::Lambda::EventSourceMapping')[0]!.Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 1,
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });

  it('each function runs on arm64 and nodejs24.x, with a role of its own and logs that expire', () => {
    const roles = new Set<string>();
    for (const name of ['Get', 'Sync']) {
      const { Role, Architectures, Runtime } = properties(`${name}LambdaFunction`);
      expect({ Architectures, Runtime }).toEqual({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
      roles.add(JSON.stringify(Role));
      expect(properties(`${name}LogGroup`)['RetentionInDays']).toBe(30);
    }
    expect(roles.size).toBe(2);
  });

  it('callers reach the functions only by the alias, which moves as the stage says', () => {
    for (const type of [
      'AWS::ApiGatewayV2::Integration',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Permission',
    ])
      for (const resource of ofType(type)) expect(JSON.stringify(resource.Properties)).toContain('"live"');
    for (const name of ['Get', 'Sync'])
      expect(template().Resources[`${name}LiveAlias`]!.UpdatePolicy).toEqual({
        CodeDeployLambdaAliasUpdate: {
          ApplicationName: { Ref: 'Deployments' },
          DeploymentGroupName: { Ref: `${name}Deployments` },
        },
      });
    const shift = (name?: string): unknown => properties('GetDeployments', name)['DeploymentConfigName'];
    expect(shift()).toBe('CodeDeployDefault.LambdaAllAtOnce');
    expect(shift('a plain prod stage')).toBe('CodeDeployDefault.LambdaCanary10Percent5Minutes');
  });

  it('a deployment goes back on alarms that exist, and every alarm has a topic', () => {
    for (const group of ofType('AWS::CodeDeploy::DeploymentGroup')) {
      const { Alarms } = group.Properties!['AlarmConfiguration'] as { readonly Alarms: readonly unknown[] };
      for (const { id } of referencesIn(Alarms))
        expect(template().Resources[id]!.Type).toBe('AWS::CloudWatch::Alarm');
      expect(Alarms.length).toBeGreaterThan(1);
    }
    for (const alarm of ofType('AWS::CloudWatch::Alarm', 'a stage with everything else'))
      expect(alarm.Properties).toMatchObject({
        AlarmActions: [{ Ref: 'AlarmTopic' }],
        OKActions: [{ Ref: 'AlarmTopic' }],
      });
  });

  it.each(variants)('the template of %s uses only metrics and dimensions that are written', (name, stage) => {
    const watched = watchedMetrics(template(name));
    const ours = watched.filter(({ namespace }) => !namespace.startsWith('AWS/'));
    expect(ours.length).toBeGreaterThan(20);
    for (const { namespace, name: metric, dimensions } of ours) {
      const { Stage, Function: of, ...others } = dimensions as Readonly<Record<string, string | undefined>>;
      expect([namespace, Stage]).toEqual([metricsNamespace, stage]);
      if (others['Code'] !== undefined) expect(codeNumbers).toHaveProperty([others['Code']]);
      // tests/telemetry shows that each function writes what is documented.
      const functions = of === undefined ? ['get', 'grpc'] : [of];
      for (const one of functions)
        expect(documentedMetrics(one).map((text) => text.replace(/ in .*/, ''))).toContain(
          `${metric} by ${['Function', ...Object.keys(others)].join(', ')}`,
        );
    }
  });

  const failuresOfOurs = ['DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE'];

  it.each([
    ['ServerErrorsAlarm', 'get', ['Errors', 'JobFound', 'JobNotFound', 'NotModified']],
    ['GrpcErrorsAlarm', 'grpc', ['Errors', 'JobFound', 'JobNotFound']],
  ])(
    'the %s compares failures that are not the fault of callers with all answers of %s',
    (alarm, functionName, answers) => {
      const { Metrics } = properties(alarm, 'a stage with everything else') as {
        readonly Metrics: readonly MetricQuery[];
      };
      const [{ Expression } = {}, ...counts] = Metrics;
      const [failed, all] = Expression!.split('/');
      const sum = (operand: string) =>
        [...operand.matchAll(/FILL\((\w+), 0\)/g)].map(([, id]) => {
          const { Metric, Stat } = counts.find(({ Id }) => Id === id)!.MetricStat!;
          expect([Metric.Namespace, Stat]).toEqual(['DatasphereJobCache', 'Sum']);
          const { Stage, Function, ...others } = Object.fromEntries(
            Metric.Dimensions.map(({ Name, Value }) => [Name, Value]),
          );
          expect([Stage, Function]).toEqual(['full', functionName]);
          return { name: Metric.MetricName, ...others };
        });
      expect(sum(failed!)).toEqual(
        expect.arrayContaining(failuresOfOurs.map((Code) => ({ name: 'Errors', Code }))),
      );
      expect(sum(failed!)).toHaveLength(failuresOfOurs.length);
      expect(
        sum(all!)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(answers);
      expect(counts).toHaveLength(failuresOfOurs.length + answers.length);
    },
  );

  it('a deployment goes back on failed answers, on slow answers and on crashes behind the alias', () => {
    const alarms = (group: string) => {
      const { Alarms } = properties(group)['AlarmConfiguration'] as { readonly Alarms: readonly unknown[] };
      return referencesIn(Alarms).map(({ id }) => id);
    };
    expect(alarms('GetDeployments')).toEqual(['ServerErrorsAlarm', 'LatencyAlarm', 'FunctionErrorsAlarm']);
    expect(alarms('SyncDeployments')).toEqual(['FailedEventsAlarm', 'SyncLagAlarm', 'FunctionErrorsAlarm']);
    const { Metrics } = properties('FunctionErrorsAlarm') as { readonly Metrics: readonly MetricQuery[] };
    const counted = Metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
    expect(counted.map(({ Metric }) => Metric)).toEqual(
      ['GetLambdaFunction', 'SyncLambdaFunction'].map((id) => ({
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [
          { Name: 'FunctionName', Value: { Ref: id } },
          { Name: 'Resource', Value: { 'Fn::Sub': `\${${id}}:live` } },
        ],
      })),
    );
  });

  it('an alarm rings if one project fails and the others do not', () => {
    expect(properties('FailedRoundsAlarm', 'a stage that is fed by upstream, with keys')).toMatchObject({
      MetricName: 'RoundsFailed',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
  });

  it('a run of refresh is never started late or again: the next minute has its own', () => {
    const [config] = ofType('AWS::Lambda::EventInvokeConfig', 'a stage that is fed by upstream, with keys');
    expect(config!.Properties).toMatchObject({
      FunctionName: { Ref: 'RefreshLambdaFunction' },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  it('Lambda reserves concurrency for get only if a setting says so', () => {
    expect(properties('GetLambdaFunction')['ReservedConcurrentExecutions']).toEqual({ Ref: 'AWS::NoValue' });
    expect(properties('GetLambdaFunction', 'a stage with everything else')).toMatchObject({
      ReservedConcurrentExecutions: 57,
    });
  });

  it('a message may fail as often as the setting says', () => {
    const receives = (name?: string): unknown => properties('JobEvents', name)['RedrivePolicy'];
    expect(receives()).toMatchObject({ maxReceiveCount: 5 });
    expect(receives('a stage with everything else')).toMatchObject({ maxReceiveCount: 47 });
  });

  it('native gRPC runs on healthy tasks, scales with load, and rolls back a version that is not healthy', () => {
    const full = (id: string) => properties(id, 'a stage with everything else');
    expect(full('GrpcTargets')).toMatchObject({
      Protocol: 'HTTP',
      ProtocolVersion: 'GRPC',
      HealthCheckPath: '/grpc.health.v1.Health/Check',
      Matcher: { GrpcCode: '0' },
    });
    expect(full('GrpcListener')).toMatchObject({
      Protocol: 'HTTPS',
      Port: 443,
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    });
    expect(full('GrpcLoadBalancer')).toMatchObject({ Scheme: 'internet-facing' });
    expect(full('GrpcService')).toMatchObject({
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
    });
    expect(full('GrpcScaling')).toMatchObject({ MinCapacity: 11, MaxCapacity: 23 });
    expect(full('GrpcScalingPolicy')).toMatchObject({
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        TargetValue: 60,
      },
    });
    const { ContainerDefinitions } = full('GrpcTask') as { readonly ContainerDefinitions: readonly object[] };
    expect(ContainerDefinitions).toMatchObject([
      {
        ReadonlyRootFilesystem: true,
        StopTimeout: 30,
        HealthCheck: { Command: ['CMD', '/nodejs/bin/node', 'infra/container/health-check.ts'] },
        Environment: expect.arrayContaining([
          { Name: 'GRPC_MAX_CALLS', Value: 200 },
          { Name: 'GRPC_SHARED_READ_MS', Value: 0 },
        ]),
      },
    ]);
  });

  it.each(variants)('of %s tells each process what the rows of its settings say', (name, stage, given) => {
    const settings = readSettings('datasphere-job-cache', stage, given);
    const told = (process: DeployedProcess) => Object.entries(environmentOf(process, settings, stage));
    const isThere = { get: true, sync: true, refresh: settings.upstream !== '' };
    for (const process of ['get', 'sync', 'refresh'] as const) {
      const { Properties } = template(name).Resources[functionIds[process]] ?? {};
      const Variables = Object.fromEntries(
        told(process).map(([variable, value]) => [variable, String(value)]),
      );
      expect(Properties?.['Environment']).toEqual(isThere[process] ? { Variables } : undefined);
    }
    const { Properties } = template(name).Resources['GrpcTask'] ?? {};
    const list = told('grpc').map(([Name, Value]) => ({ Name, Value }));
    expect(Properties?.['ContainerDefinitions']).toEqual(
      settings.grpc ? [expect.objectContaining({ Environment: list })] : undefined,
    );
  });

  it('is shaped by every setting: each value that is not usual is in it, and not in that of a plain stage', () => {
    const usual = leavesOf(template());
    const unusual = new Map(
      variants.flatMap(([name, , given]) =>
        Object.entries(given).map(([setting, value]) => [setting, { name, value }]),
      ),
    );
    // What stands in the template for a value that does not stand there itself.
    const marks: Readonly<Record<string, string>> = {
      functionUrl: 'Type: AWS::Lambda::Url',
      deletionProtection: 'DeletionProtectionEnabled: true',
      grpc: 'Type: AWS::ECS::TaskDefinition',
      grpcPublic: 'Scheme: internet-facing',
      shift: 'CodeDeployDefault.LambdaLinear10PercentEvery3Minutes',
    };
    const rows = Object.entries(rowsOf(topics)).filter(([, { variable }]) => variable === undefined);
    expect(rows.length).toBeGreaterThan(20);
    for (const [setting] of rows) {
      const { name, value } = unusual.get(setting) ?? {};
      expect([setting, value]).toEqual([setting, expect.any(String)]);
      const leaves = leavesOf(template(name));
      // A list is one in the template too.
      for (const mark of marks[setting] === undefined ? value!.split(',') : [marks[setting]])
        expect([setting, mark, leaves.has(mark), usual.has(mark)]).toEqual([setting, mark, true, false]);
    }
  });

  it('has a runbook entry for every alarm, and every alarm names its entry', () => {
    const alarms = variants.flatMap(([name]) => ofType('AWS::CloudWatch::Alarm', name));
    const entries = alarms.map(({ Properties }) => {
      const [, entry] = (Properties!['AlarmDescription'] as string).split(' docs/operations.md#');
      return entry;
    });
    const headings = operations.headings(3).map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    expect([...new Set(entries)].sort()).toEqual(headings.sort());
  });

  it('the gRPC server has the same variables of upstream as get', () => {
    const { Environment } = properties('GetLambdaFunction', 'a stage with everything else') as {
      readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
    };
    const { ContainerDefinitions } = properties('GrpcTask', 'a stage with everything else') as {
      readonly ContainerDefinitions: readonly [
        { readonly Environment: readonly { readonly Name: string; readonly Value: unknown }[] },
      ];
    };
    const container = new Map(
      ContainerDefinitions[0].Environment.map(({ Name, Value }) => [Name, String(Value)]),
    );
    const get = readGetConfig(Environment.Variables);
    expect(readGrpcConfig(Object.fromEntries(container))).toMatchObject(get);
    expect(get).toMatchObject({ refreshSeconds: 30, readThrough: { tokens: { from: 'key' } } });
  });

  it('only the load balancer can reach the containers', () => {
    const ingress = (id: string) => properties(id, 'a stage with everything else')['SecurityGroupIngress'];
    expect(ingress('GrpcTaskGroup')).toMatchObject([
      { FromPort: 50051, ToPort: 50051, SourceSecurityGroupId: { Ref: 'GrpcBalancerGroup' } },
    ]);
    expect(ingress('GrpcBalancerGroup')).toMatchObject([{ FromPort: 443, ToPort: 443 }]);
  });

  it('the dashboard shows the entry points of the stage', () => {
    const shows = (name: string, text: string): boolean =>
      JSON.stringify(properties('Dashboard', name)).includes(text);
    const [plain, signed, full] = [
      'a plain dev stage',
      'a stage with a signed function URL and a key',
      'a stage with everything else',
    ];
    for (const [text, ...expected] of [
      ['GrpcErrorsAlarm', false, false, true],
      ['Url5xxCount', false, true, true],
    ] as const)
      expect([plain, signed, full].map((name) => shows(name, text))).toEqual(expected);
  });

  it('the function has a URL only if a setting says so, as closed as the API', () => {
    expect(ofType('AWS::Lambda::Url')).toEqual([]);
    const types = (name: string) =>
      ofType('AWS::Lambda::Url', name).map(({ Properties }) => Properties!['AuthType']);
    expect(types('a stage with a signed function URL and a key')).toEqual(['AWS_IAM']);
    expect(types('a stage with everything else')).toEqual(['NONE']);
  });

  it('the stack listens to its own bus, or to an existing one', () => {
    expect(properties('JobEventRule')['EventBusName']).toEqual({ Ref: 'JobEventBus' });
    const existing = 'a stage with a signed function URL and a key';
    expect(properties('JobEventRule', existing)['EventBusName']).toBe('the-company-bus');
    expect(ofType('AWS::Events::EventBus', existing)).toEqual([]);
  });
});
