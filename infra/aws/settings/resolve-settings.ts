import { deployed, type DeployedProcess, type Rows } from '../../../lib/config/setting.ts';
import { rowsOf, topics } from './definitions.ts';
import { environmentOf } from './environment.ts';
import { readSettings, type GivenSettings } from './read-settings.ts';

/** What the serverless CLI hands to a function in a file that serverless.yml names. */
interface Resolvers {
  readonly options: { readonly param?: readonly string[] };
  readonly resolveVariable: (address: string) => Promise<unknown>;
  readonly resolveConfigurationProperty: (path: readonly string[]) => Promise<unknown>;
}

/** The settings of the stage that the CLI was started for, and what serverless.yml chooses by them. */
export async function resolveSettings(
  { options, resolveVariable, resolveConfigurationProperty }: Resolvers,
  rows: Rows = rowsOf(topics),
) {
  const stage = String(await resolveVariable('sls:stage'));
  const service = String(await resolveConfigurationProperty(['service']));
  const params = async (name: string): Promise<GivenSettings> =>
    ((await resolveConfigurationProperty(['params', name])) ?? {}) as GivenSettings;
  const settings = readSettings(
    service,
    stage,
    {
      ...(await params('default')),
      ...(await params(stage)),
      ...fromCommandLine(options.param ?? []),
    },
    rows,
  );
  const environment = Object.fromEntries(
    deployed.map((process) => [process, environmentOf(process, settings, stage, rows)]),
  ) as Record<DeployedProcess, ReturnType<typeof environmentOf>>;
  // ECS wants a list.
  const containerEnvironment = Object.entries(environment.grpc).map(([Name, Value]) => ({ Name, Value }));
  return { ...settings, choice: choices(settings), environment, containerEnvironment };
}

function fromCommandLine(params: readonly string[]): GivenSettings {
  return Object.fromEntries(
    params.map((param) => {
      const end = param.indexOf('=');
      return end < 0 ? [param, ''] : [param.slice(0, end), param.slice(end + 1).trimEnd()];
    }),
  );
}

/** Leaves a property of a CloudFormation resource out. */
const noValue = { Ref: 'AWS::NoValue' };

const toRef = (Ref: string): object => ({ Ref });

/** Attributes that keys are made of: the table's, and those of the index of a deployment that reads from upstream. */
const tableKeys = [
  { AttributeName: 'job_id', AttributeType: 'S' },
  { AttributeName: 'part', AttributeType: 'S' },
];
const indexKeys = [
  { AttributeName: 'project_id', AttributeType: 'S' },
  { AttributeName: 'look_at', AttributeType: 'N' },
];

/** Which of the variants in `infra/*.yml` the settings ask for. */
function choices({
  alarmEmail,
  auth,
  bus,
  existingTable,
  functionUrl,
  getReservedConcurrency,
  grpc,
  grpcPublic,
  grpcSubnets,
  kmsKey,
  readThrough,
  refreshSeconds,
  table,
  upstream,
  upstreamKeyKmsKey,
  upstreamKeySecret,
}: ReturnType<typeof readSettings>) {
  const door = auth === 'iam' ? 'iam' : 'open';
  const readers = ['GetRole', ...(grpc ? ['GrpcRole'] : [])];
  const callers = ['SyncRole', 'RefreshRole', ...(readThrough ? readers : [])];
  const tableArn =
    existingTable === ''
      ? { 'Fn::GetAtt': ['JobTable', 'Arn'] }
      : { 'Fn::Sub': `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/${table}` };
  const everyRole = [...readers, 'SyncRole', ...(upstream === '' ? [] : ['RefreshRole'])];
  return {
    door,
    url: functionUrl ? door : 'none',
    bus: bus === '' ? 'own' : 'existing',
    encryption: kmsKey === '' ? 'awsOwned' : 'kms',
    getReservedConcurrency: getReservedConcurrency === '' ? noValue : getReservedConcurrency,
    table: existingTable === '' ? 'own' : 'existing',
    tableArn,
    tableIndexArn: { 'Fn::Join': ['', [tableArn, '/index/by-project']] },
    tableRoles: everyRole.map(toRef),
    tableAttributes: [...tableKeys, ...(upstream === '' ? [] : indexKeys)],
    upstream: upstream === '' ? 'off' : 'on',
    upstreamKey: upstreamKeySecret === '' ? 'none' : 'secret',
    upstreamKeyEncryption: upstreamKeyKmsKey === '' ? 'awsManaged' : 'kms',
    upstreamRoles: callers.map(toRef),
    readThrough: readThrough ? 'on' : 'off',
    readerRoles: readers.map(toRef),
    // CloudWatch takes whole minutes; a round may take as long as its interval, and one may fail.
    refreshAlarmSeconds: Math.max(300, Math.ceil((3 * refreshSeconds) / 60) * 60),
    grpc: grpc ? 'on' : 'off',
    grpcSubnets: grpcSubnets.split(','),
    grpcScheme: grpcPublic ? 'internet-facing' : 'internal',
    grpcPublicIp: grpcPublic ? 'ENABLED' : 'DISABLED',
    alarmSubscriptions: alarmEmail === '' ? [] : [{ Protocol: 'email', Endpoint: alarmEmail }],
  };
}
