/** The local stack: table, queues, functions, schedules, and what connects them. */
import type { SQSEvent } from 'aws-lambda';
import { optional } from '../../lib/config/environment.ts';
import { grpcMaxCalls, grpcSharedReadMs } from '../../lib/config/settings/grpc.ts';
import { logLevel } from '../../lib/config/settings/logging.ts';
import { localAwsEnvironment } from './credentials.ts';
import { readDeployment, referredId, type Deployment, type LocalSettings } from './deployment.ts';
import { pollQueue } from './event-source-mapping.ts';
import { startFunctions, startGrpc, type RunningFunctions } from './functions.ts';
import { assertPortsFree, StartError, type Ports } from './ports.ts';
import { startQueues, type RunningQueues } from './queue.ts';
import { runSchedules } from './schedules.ts';
import { startTables } from './table.ts';

export interface StackOptions {
  readonly ports: Ports;
  /** Variables that the functions get besides their own, usually those of the shell. */
  readonly env: NodeJS.ProcessEnv;
  /** Shows a text on the terminal. */
  readonly say: (text: string) => void;
  /** Settings that differ from those of the local stage. */
  readonly settings?: LocalSettings;
}

export interface RunningStack {
  readonly queues: RunningQueues;
  /** Settles with the reason when one of the processes ends by itself. */
  readonly broken: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts everything on this machine. If something fails to start, it stops what it started before. */
export async function startStack({ ports, env, say, settings = {} }: StackOptions): Promise<RunningStack> {
  await assertPortsFree(ports);
  const deployment = await readDeployment(settings);
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
    const { grpc: deployed } = deployment.custom.settings.environment;
    // Of what changes no answer the shell has the last word.
    const told = [logLevel, grpcMaxCalls, grpcSharedReadMs].map(
      (setting) =>
        [
          setting.variable,
          String(optional<string | number>(env, setting) ?? deployed[setting.variable]),
        ] as const,
    );
    const grpcEnv = { ...childEnv, ...deployed, ...Object.fromEntries(told) };
    const [functions, grpc] = await Promise.all(
      [
        startFunctions(deployment, ports.http, childEnv, say, settings),
        startGrpc(ports.grpc, grpcEnv, say),
      ].map((starting) => starting.then((part) => (stops.push(part.stop), part))) as [
        Promise<RunningFunctions>,
        ReturnType<typeof startGrpc>,
      ],
    );
    stops.push(startMappings(deployment, queues, functions, say));
    const schedules = new AbortController();
    const invoke = (name: string, event: object): Promise<unknown> => functions.invoke(name, event);
    runSchedules({ deployment, invoke, say }, schedules.signal);
    stops.push(() => {
      schedules.abort();
      return Promise.resolve();
    });
    return { queues, broken: Promise.race([functions.ended, grpc.ended]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Polls the queue of every function that has one as its trigger. Gives a function that stops the polling. */
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
