import { readSettings, type GivenSettings } from './read-settings.ts';

/** What the serverless CLI hands to a function in a file that serverless.yml names. */
interface Resolvers {
  readonly options: { readonly param?: readonly string[] };
  readonly resolveVariable: (address: string) => Promise<unknown>;
  readonly resolveConfigurationProperty: (path: readonly string[]) => Promise<unknown>;
}

/** The settings of the stage that the CLI was started for, and what serverless.yml chooses by them. */
export async function resolveSettings({
  options,
  resolveVariable,
  resolveConfigurationProperty,
}: Resolvers): Promise<object> {
  const stage = String(await resolveVariable('sls:stage'));
  const service = String(await resolveConfigurationProperty(['service']));
  const params = async (name: string): Promise<GivenSettings> =>
    ((await resolveConfigurationProperty(['params', name])) ?? {}) as GivenSettings;
  const settings = readSettings(service, stage, {
    ...(await params('default')),
    ...(await params(stage)),
    ...fromCommandLine(options.param ?? []),
  });
  return { ...settings, choice: choices(settings) };
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
  table,
}: ReturnType<typeof readSettings>) {
  const door = auth === 'iam' ? 'iam' : 'open';
  return {
    door,
    url: functionUrl ? door : 'none',
    bus: bus === '' ? 'own' : 'existing',
    encryption: kmsKey === '' ? 'awsOwned' : 'kms',
    getReservedConcurrency: getReservedConcurrency === '' ? noValue : getReservedConcurrency,
    table: existingTable === '' ? 'own' : 'existing',
    tableArn:
      existingTable === ''
        ? { 'Fn::GetAtt': ['JobTable', 'Arn'] }
        : { 'Fn::Sub': `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/${table}` },
    tableRoles: ['GetRole', 'SyncRole', ...(grpc ? ['GrpcRole'] : [])].map((Ref) => ({ Ref })),
    grpc: grpc ? 'on' : 'off',
    grpcSubnets: grpcSubnets.split(','),
    grpcScheme: grpcPublic ? 'internet-facing' : 'internal',
    grpcPublicIp: grpcPublic ? 'ENABLED' : 'DISABLED',
    alarmSubscriptions: alarmEmail === '' ? [] : [{ Protocol: 'email', Endpoint: alarmEmail }],
  };
}
