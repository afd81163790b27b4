/** `npm start`: the whole service on this machine, until Ctrl-C. */
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { optional, withDefault } from '../../lib/config/environment.ts';
import { ConfigError } from '../../lib/config/value.ts';
import { demoJobId, walkDemoJob } from './demo-job.ts';
import type { DemoUpstream } from './demo-upstream.ts';
import { loopback, readPorts, StartError, type Ports } from './ports.ts';
import { sampleEvents } from './samples.ts';
import { demo, madeUpUpstream } from './settings.ts';
import { startStack, type RunningStack } from './stack.ts';

const say = (text: string): void => {
  console.log(text);
};

function whatToTry(
  { http, grpc, sqs, dynamodb }: Ports,
  moving: boolean,
  upstream: DemoUpstream | undefined,
): string {
  const method = 'yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
  const id = 'bt1train0resnet50abc';
  return [
    `Ready: HTTP on ${loopback}:${http}, gRPC on ${loopback}:${grpc}, SQS on ${loopback}:${sqs}, DynamoDB on ${loopback}:${dynamodb}`,
    '',
    'Try, in another terminal:',
    `  curl http://${loopback}:${http}/datasphere/v2/jobs/${id}`,
    ...(moving ? [`  curl 'http://${loopback}:${http}/datasphere/v2/jobs/${demoJobId}?fields=status'`] : []),
    `  npx buf curl --protocol grpc --http2-prior-knowledge -d '{"jobId":"${id}"}' http://${loopback}:${grpc}/${method}`,
    `  npx buf curl --schema proto --protocol grpcweb -d '{"jobId":"${id}"}' http://${loopback}:${http}/${method}`,
    `  npx buf curl --schema proto --protocol connect -d '{"jobId":"${id}"}' http://${loopback}:${http}/${method}`,
    '  npm run publish -- infra/local/samples/cancelled.json',
    ...(upstream === undefined
      ? []
      : [
          '',
          `An upstream with made-up jobs runs at ${upstream.settings['upstream']}. The newest of them:`,
          `  curl -i http://${loopback}:${http}/datasphere/v2/jobs/${upstream.newestJob()}`,
        ]),
    '',
    'Ctrl-C stops it all.',
  ].join('\n');
}

async function publishAll({ queues }: RunningStack, events: readonly object[]): Promise<void> {
  const QueueUrl = queues.urls.get('JobEvents');
  for (const [index, event] of events.entries()) {
    const Entries = [{ Id: String(index), MessageBody: JSON.stringify(event) }];
    await queues.client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
}

/** Waits until the last sample can be read. */
async function waitForSamples({ http }: Ports): Promise<void> {
  const lastId = sampleEvents().at(-1)?.['jobId'] as string;
  for (const giveUp = Date.now() + 20_000; Date.now() < giveUp;) {
    const { status } = await fetch(`http://${loopback}:${http}/datasphere/v2/jobs/${lastId}`, {
      method: 'HEAD',
    });
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new StartError('the sample jobs did not arrive in the table');
}

/** The upstream that the stack is fed from, if there is to be one. */
async function openUpstream(): Promise<DemoUpstream | undefined> {
  if (optional(process.env, madeUpUpstream) === undefined) return undefined;
  const { startDemoUpstream } = await import('./demo-upstream.ts');
  return startDemoUpstream();
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        stopping.abort();
        resolve('');
      });
    }
  });
  const ports = readPorts(process.env);
  const upstream = await openUpstream();
  let end: string;
  try {
    const env = { ...process.env, ...upstream?.env };
    const stack = await startStack({ ports, env, say, settings: upstream?.settings ?? {} });
    try {
      await publishAll(stack, sampleEvents());
      await waitForSamples(ports);
      upstream?.begin((notice) => publishAll(stack, [notice]));
      const moving = withDefault(process.env, demo) !== '0';
      say(whatToTry(ports, moving, upstream));
      if (moving) walkDemoJob((event) => publishAll(stack, [event]), stopping.signal).catch(() => undefined);
      end = await Promise.race([stopped, stack.broken]);
    } finally {
      stopping.abort();
      await stack.stop();
    }
  } finally {
    await upstream?.stop();
  }
  if (end !== '') throw new StartError(end);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const isForPeople = error instanceof StartError || error instanceof ConfigError;
    console.error(isForPeople ? error.message : error);
    process.exit(1);
  },
);
