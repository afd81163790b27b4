/** The queues of the local stack. */
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { localAws } from './credentials.ts';
import { referredId, resourcesOfType, type Deployment, type Resource } from './deployment.ts';
import { loopback } from './ports.ts';

export interface RunningQueues {
  readonly client: SQSClient;
  /** Queue URLs by logical id. */
  readonly urls: ReadonlyMap<string, string>;
  readonly stop: () => Promise<void>;
}

/** Starts an SQS engine in this process, with the queues of the deployment. */
export async function startQueues(deployment: Deployment, port: number): Promise<RunningQueues> {
  const app = buildApp({ logger: false, defaultRegion: localAws.region, host: `${loopback}:${port}` });
  await app.listen({ port, host: loopback });
  const client = new SQSClient({ ...localAws, endpoint: `http://${loopback}:${port}` });
  const urls = new Map<string, string>();
  const arns = new Map<string, string>();
  // The dead-letter queue is created before the queue that refers to it.
  const byRedrive = (resource: Resource): number => ('RedrivePolicy' in resource.Properties ? 1 : 0);
  const queues = [...resourcesOfType(deployment, 'AWS::SQS::Queue')].sort(
    ([, a], [, b]) => byRedrive(a) - byRedrive(b),
  );
  for (const [id, { Properties }] of queues) {
    const { QueueUrl = '' } = await client.send(
      new CreateQueueCommand({
        QueueName: Properties['QueueName'] as string,
        Attributes: attributes(Properties, arns),
      }),
    );
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    urls.set(id, QueueUrl);
    arns.set(id, Attributes?.['QueueArn'] ?? '');
  }
  return {
    client,
    urls,
    stop: async () => {
      client.destroy();
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** Turns properties of CloudFormation into attributes of the API: strings, and the redrive policy as JSON. */
function attributes(
  properties: Readonly<Record<string, unknown>>,
  arns: ReadonlyMap<string, string>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'number' || (typeof value === 'string' && name !== 'QueueName'))
      result[name] = String(value);
  }
  const redrive = properties['RedrivePolicy'] as { readonly deadLetterTargetArn: unknown } | undefined;
  if (redrive !== undefined) {
    const deadLetterTargetArn = arns.get(referredId(redrive.deadLetterTargetArn));
    result['RedrivePolicy'] = JSON.stringify({ ...redrive, deadLetterTargetArn });
  }
  return result;
}
