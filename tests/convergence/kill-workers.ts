/** Real processes that are killed in the middle of their work, between a real queue and a real table. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { localAws } from '../../infra/local/credentials.ts';
import { freePort } from '../../infra/local/ports.ts';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { createGetJob } from '../../lib/reading/get-job.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createTable, startDynalite } from '../support/dynamodb.ts';
import { functionEnvironment } from '../support/functions.ts';
import { makeEvents, type SimulatedEvent } from './simulation/events.ts';
import { outcomeOf } from './simulation/model.ts';
import { World } from './simulation/world.ts';

export interface KillOptions {
  readonly events: number;
  /** SIGKILLs, each while a worker has a batch in hand. */
  readonly kills: number;
  readonly seed: number;
}

export interface KillResult {
  readonly messages: number;
  readonly kills: number;
  readonly reads: number;
  readonly deadLetters: number;
  /** What should not have been: empty where all promises held. */
  readonly problems: readonly string[];
}

const workers = 2;

/** Short, so that what a killed worker held comes back soon. */
const visibilitySeconds = 2;

/** Enough that no kill after kill parks a good message. */
const maxReceives = 8;

/** Publishes shuffled and duplicated events while workers are killed, waits for the queue to run dry, and compares. */
export async function killWorkers({ events: count, kills, seed }: KillOptions): Promise<KillResult> {
  const world = new World(seed);
  const jobIds = Array.from({ length: Math.ceil(count / 200) }, (_, index) => `job-${index}`);
  const fires = (fault: string): boolean => fault === 'poison' && world.chance(0.005);
  const events = makeEvents(world, { count, jobIds, fires });
  const messages = shuffle(world, [...events, ...events.filter(() => world.chance(0.15))]);

  const engine = await startDynalite();
  const { client, table } = await createTable(engine.endpoint);
  const queues = await startQueues();
  const env = {
    ...process.env,
    ...functionEnvironment(engine.endpoint, table),
    QUEUE_ENDPOINT: queues.endpoint,
    QUEUE_URL: queues.url,
  };
  const running = new Set<ChildProcess>();
  const start = (): ChildProcess => {
    const child = fork(join(import.meta.dirname, 'kill-worker-process.ts'), {
      env,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    running.add(child);
    return child;
  };
  const kill = (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      running.delete(child);
      child.once('exit', () => {
        resolve();
      });
      child.kill('SIGKILL');
    });

  const store = createDynamoDbJobReader({ client, table });
  const read = async (jobId: string): Promise<{ job: Uint8Array; revision: bigint } | undefined> => {
    try {
      const credentials = { authorization: undefined };
      const parts = { store, authenticator: openDoor, notFoundAfterMs: 0 };
      return await createGetJob(parts)(
        { jobId, consistent: true },
        { credentials, deadline: new Deadline(10_000) },
      );
    } catch (error) {
      if ((error as { code?: string }).code === 'NOT_FOUND') return undefined;
      throw error;
    }
  };
  const problems: string[] = [];
  const watching = { on: true, reads: 0 };
  const watch = async (): Promise<void> => {
    const seen = new Map<string, bigint>();
    while (watching.on) {
      const jobId = world.pick(jobIds);
      const answer = await read(jobId);
      watching.reads++;
      if (answer !== undefined && answer.revision < (seen.get(jobId) ?? 0n))
        problems.push(`${jobId}: a reader saw the revision fall to ${answer.revision}`);
      if (answer !== undefined) seen.set(jobId, answer.revision);
      await sleep(5);
    }
  };

  try {
    const watcher = watch();
    for (let worker = 0; worker < workers; worker++) start();
    const share = Math.ceil(messages.length / kills);
    for (let round = 0; round < kills; round++) {
      await queues.send(messages.slice(round * share, (round + 1) * share));
      const victim = [...running][0]!;
      await untilWorking(victim);
      await sleep(Math.random() * 60);
      await kill(victim);
      start();
    }
    await queues.untilEmpty();
    watching.on = false;
    await watcher;
    for (const child of [...running]) await kill(child);
    for (const jobId of jobIds) problems.push(...compare(jobId, events, await read(jobId)));
    const parked = await queues.deadLetters();
    const poison = messages.filter(({ fate }) => fate === 'poison').map(({ body }) => body);
    if (JSON.stringify([...parked].sort()) !== JSON.stringify(poison.sort()))
      problems.push(
        `${parked.length} dead letters that are not exactly the ${poison.length} poisoned messages`,
      );
    return { messages: messages.length, kills, reads: watching.reads, deadLetters: parked.length, problems };
  } finally {
    watching.on = false;
    for (const child of [...running]) await kill(child);
    client.destroy();
    await queues.stop();
    await engine.stop();
  }
}

function compare(
  jobId: string,
  events: readonly SimulatedEvent[],
  answer: { readonly job: Uint8Array; readonly revision: bigint } | undefined,
): readonly string[] {
  const wanted = outcomeOf(
    events.filter((event) => event.jobId === jobId).flatMap(({ change }) => change ?? []),
  );
  if (answer === undefined || wanted.job === undefined)
    return answer === wanted.job
      ? []
      : [`${jobId}: is ${answer === undefined ? 'hidden' : 'visible'} and should not be`];
  const same = Buffer.compare(answer.job, wanted.job) === 0 && answer.revision === BigInt(wanted.revision);
  return same ? [] : [`${jobId}: ended as another document than the model's`];
}

/** Settles when the worker next takes a batch. */
function untilWorking(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('a worker took no batch for 30 s'));
    }, 30_000);
    child.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`a worker ended by itself with code ${String(code)}`));
    });
  });
}

interface Queues {
  readonly endpoint: string;
  readonly url: string;
  readonly send: (events: readonly SimulatedEvent[]) => Promise<void>;
  /** Settles when nothing is waiting or in hand. */
  readonly untilEmpty: () => Promise<void>;
  /** Takes the bodies of all dead letters. */
  readonly deadLetters: () => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

async function startQueues(): Promise<Queues> {
  const port = await freePort();
  const host = '127.0.0.1';
  const app = buildApp({ logger: false, defaultRegion: localAws.region, host: `${host}:${port}` });
  await app.listen({ port, host });
  const endpoint = `http://${host}:${port}`;
  const client = new SQSClient({ ...localAws, endpoint });
  const create = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl!;
  };
  const deadLettersUrl = await create('dead-letters', {});
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLettersUrl, AttributeNames: ['QueueArn'] }),
  );
  const url = await create('events', {
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: Attributes!['QueueArn'],
      maxReceiveCount: maxReceives,
    }),
  });
  return {
    endpoint,
    url,
    async send(events) {
      for (let index = 0; index < events.length; index += 10) {
        const Entries = events
          .slice(index, index + 10)
          .map(({ body }, entry) => ({ Id: String(entry), MessageBody: body }));
        await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
      }
    },
    async untilEmpty() {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      for (const giveUp = Date.now() + 300_000; Date.now() < giveUp;) {
        const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] });
        const { Attributes: counts = {} } = await client.send(command);
        if (names.every((name) => counts[name] === '0')) return;
        await sleep(200);
      }
      throw new Error('the queue did not run dry in 300 s');
    },
    async deadLetters() {
      const bodies: string[] = [];
      for (;;) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({ QueueUrl: deadLettersUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return bodies;
        bodies.push(...Messages.map(({ Body }) => Body!));
        const Entries = Messages.map(({ ReceiptHandle }, entry) => ({ Id: String(entry), ReceiptHandle }));
        await client.send(new DeleteMessageBatchCommand({ QueueUrl: deadLettersUrl, Entries }));
      }
    },
    async stop() {
      client.destroy();
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

function shuffle<T>(world: World, items: readonly T[]): readonly T[] {
  return items
    .map((item) => [world.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
