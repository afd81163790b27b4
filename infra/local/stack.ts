import type { SQSEvent } from 'aws-lambda';
import { localAwsEnvironment } from './credentials.ts';
import { readDeployment, referredId, type Deployment } from './deployment.ts';
import { pollQueue } from './event-source-mapping.ts';
import { startFunctions, startGrpc, type RunningFunctions } from './functions.ts';
import { assertPortsFree, StartError, type Ports } from './ports.ts';
import { startQueues, type RunningQueues } from './queue.ts';
import { startTables } from './table.ts';

export interface StackOptions {
  readonly ports: Ports;
  /** What the functions get besides their own variables; usually the shell's. */
  readonly env: NodeJS.ProcessEnv;
  /** Tells the person at the terminal. */
  readonly say: (text: string) => void;
}

export interface RunningStack {
  readonly queues: RunningQueues;
  /** Settles with the reason when a part ends that should go on. */
  readonly broken: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts everything on this machine; stops what it started where a part fails to. */
export async function startStack({ ports, env, say }: StackOptions): Promise<RunningStack> {
  await assertPortsFree(ports);
  const deployment = await readDeployment();
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart();
  };
  try {
    const tables = await startTables(deployment, ports.dynamodb, say);
    stops.push(tables.stop);
    const queues = await startQueues(deployment, ports.sqs);
    stops.push(queues.stop);
    const childEnv = { ...env, ...localAwsEnvironment(ports.dynamodb), SLS_TELEMETRY_DISABLED: '1' };
    const settings = {
      JOB_TABLE: tableName(deployment),
      AUTH_MODE: 'none',
      LOG_LEVEL: env['LOG_LEVEL'] ?? 'warn',
    };
    const [functions, grpc] = await Promise.all(
      [
        startFunctions(deployment, ports.http, childEnv, say),
        startGrpc(ports.grpc, { ...childEnv, ...settings }, say),
      ].map((starting) => starting.then((part) => (stops.push(part.stop), part))) as [
        Promise<RunningFunctions>,
        ReturnType<typeof startGrpc>,
      ],
    );
    stops.push(startMappings(deployment, queues, functions, say));
    return { queues, broken: Promise.race([functions.ended, grpc.ended]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tableName(deployment: Deployment): string {
  const table = Object.values(deployment.resources).find(({ Type }) => Type === 'AWS::DynamoDB::Table');
  return table?.Properties['TableName'] as string;
}

/** Feeds every function that has a queue as its trigger; gives what stops that. */
function startMappings(
  deployment: Deployment,
  queues: RunningQueues,
  functions: RunningFunctions,
  say: (text: string) => void,
): () => Promise<unknown> {
  const controller = new AbortController();
  const polls = Object.entries(deployment.functions).flatMap(([name, { events }]) =>
    events.flatMap(({ sqs }) => {
      if (sqs === undefined) return [];
      const queueUrl = queues.urls.get(referredId(sqs.arn));
      if (queueUrl === undefined)
        throw new StartError(`the queue that triggers ${name} is not in serverless.yml`);
      const mapping = {
        client: queues.client,
        queueUrl,
        batchSize: sqs.batchSize ?? 10,
        windowMs: (sqs.maximumBatchingWindow ?? 0) * 1000,
        partialFailures: sqs.functionResponseType === 'ReportBatchItemFailures',
        invoke: (event: SQSEvent) => functions.invoke(name, event),
        say,
      };
      return [pollQueue(mapping, controller.signal)];
    }),
  );
  return () => {
    controller.abort();
    return Promise.all(polls);
  };
}
