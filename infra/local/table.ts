/** The table of the local stack. */
import {
  CreateTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  type CreateTableCommandInput,
  type TimeToLiveSpecification,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { localAws } from './credentials.ts';
import { resourcesOfType, type Deployment } from './deployment.ts';
import { loopback } from './ports.ts';

/** Properties that a table on one machine does not need, or that its engine does not know. */
const onlyDeployed = [
  'TimeToLiveSpecification',
  'PointInTimeRecoverySpecification',
  'SSESpecification',
  'DeletionProtectionEnabled',
  'Tags',
];

export interface RunningTable {
  readonly stop: () => Promise<void>;
}

/**
 * Starts a DynamoDB engine in this process, with the tables of the deployment.
 *
 * @param say shows on the terminal what is different from AWS
 */
export async function startTables(
  deployment: Deployment,
  port: number,
  say: (text: string) => void,
): Promise<RunningTable> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, resolve);
  });
  const client = new DynamoDBClient({ ...localAws, endpoint: `http://${loopback}:${port}` });
  for (const [, { Properties }] of resourcesOfType(deployment, 'AWS::DynamoDB::Table')) {
    const properties = Object.entries(Properties).filter(
      ([name, value]) => !onlyDeployed.includes(name) && !isLeftOut(value),
    );
    await client.send(
      new CreateTableCommand(Object.fromEntries(properties) as unknown as CreateTableCommandInput),
    );
    await setTimeToLive(client, Properties, say);
  }
  client.destroy();
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function setTimeToLive(
  client: DynamoDBClient,
  { TableName, TimeToLiveSpecification }: Readonly<Record<string, unknown>>,
  say: (text: string) => void,
): Promise<void> {
  if (TimeToLiveSpecification === undefined) return;
  try {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: TableName as string,
        TimeToLiveSpecification: TimeToLiveSpecification as TimeToLiveSpecification,
      }),
    );
  } catch {
    say(
      'The local DynamoDB engine has no time to live: tombstones of deleted jobs stay until the stack stops.',
    );
  }
}

/** Whether CloudFormation leaves a property out. */
function isLeftOut(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'Ref' in value && value.Ref === 'AWS::NoValue';
}
