/** Where events are sent: an SQS queue or an EventBridge bus. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localAws } from '../local/credentials.ts';
import { loopback } from '../local/ports.ts';

export interface EventSink {
  /** For people. */
  readonly name: string;
  /** Sends at most ten bodies. Rejects if some are still refused after a few attempts. */
  readonly send: (bodies: readonly string[]) => Promise<void>;
}

/** How often refused entries are sent, and the wait before the second attempt, in milliseconds. */
const attempts = 4;
const firstWaitMs = 200;

/** The longest that one call may take, in milliseconds. */
const callTimeoutMs = 15_000;

/** Options of every call of AWS. */
export function withTimeout(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(callTimeoutMs) };
}

export function localSqs(port: number): SQSClient {
  return new SQSClient({ ...localAws, endpoint: `http://${loopback}:${port}`, maxAttempts: 2 });
}

export async function queueUrl(client: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }), withTimeout());
  return QueueUrl!;
}

/** The queue of the local stack. */
export function localQueue(port: number): Promise<EventSink> {
  return queueSink(localSqs(port), 'job-events', `${loopback}:${port}`);
}

/** @param place where the queue is, for people */
export async function queueSink(client: SQSClient, queue: string, place: string): Promise<EventSink> {
  const QueueUrl = await queueUrl(client, queue);
  return {
    name: `the queue ${queue} on ${place}`,
    send: retrying(async (bodies) => {
      const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      const command = new SendMessageBatchCommand({ QueueUrl, Entries });
      const { Failed = [] } = await client.send(command, withTimeout());
      return Failed.map(({ Id, Code = 'no reason given' }) => ({ body: bodies[Number(Id)]!, reason: Code }));
    }),
  };
}

/** An EventBridge bus, with the credentials and the region of the environment. */
export function eventBus(bus: string): EventSink {
  const client = new EventBridgeClient({});
  const common = { DetailType: 'JobEvent', EventBusName: bus, Source: 'datasphere-job-cache' };
  return {
    name: `the bus ${bus}`,
    send: retrying(async (bodies) => {
      const command = new PutEventsCommand({ Entries: bodies.map((Detail) => ({ Detail, ...common })) });
      const { Entries: results = [] } = await client.send(command, withTimeout());
      return results.flatMap(({ ErrorCode }, index) =>
        ErrorCode === undefined ? [] : [{ body: bodies[index]!, reason: ErrorCode }],
      );
    }),
  };
}

interface Refused {
  readonly body: string;
  readonly reason: string;
}

function retrying(send: (bodies: readonly string[]) => Promise<readonly Refused[]>): EventSink['send'] {
  return async (bodies) => {
    let refused = await send(bodies);
    for (let attempt = 1; attempt < attempts && refused.length > 0; attempt++) {
      await sleep(firstWaitMs * 2 ** attempt * Math.random());
      refused = await send(refused.map(({ body }) => body));
    }
    if (refused.length > 0) throw new Error(`${refused.length} events were refused: ${refused[0]!.reason}`);
  };
}
