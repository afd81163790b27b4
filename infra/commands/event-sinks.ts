import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localAws } from '../local/credentials.ts';
import { loopback } from '../local/ports.ts';

/** Somewhere to send events. */
export interface EventSink {
  /** For people. */
  readonly name: string;
  /** Sends at most ten; rejects where some could not be sent after a few tries. */
  readonly send: (bodies: readonly string[]) => Promise<void>;
}

/** How often entries are sent that the other side refused, and the wait before the second try, in milliseconds. */
const tries = 4;
const firstWaitMs = 200;

/** The longest that one call may take, in milliseconds. */
const callTimeoutMs = 15_000;

/** The queue of the local stack. */
export async function localQueue(port: number, queue = 'job-events'): Promise<EventSink> {
  const client = new SQSClient({ ...localAws, endpoint: `http://${loopback}:${port}`, maxAttempts: 2 });
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }), limited());
  return {
    name: `the queue ${queue} on ${loopback}:${port}`,
    send: (bodies) =>
      sendAll(bodies, async (pending) => {
        const Entries = pending.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl, Entries }),
          limited(),
        );
        return Failed.map(({ Id, Code }) => ({
          body: pending[Number(Id)]!,
          reason: Code ?? 'no reason given',
        }));
      }),
  };
}

/** An EventBridge bus, with the credentials and the region of the AWS SDK's own environment. */
export function eventBus(bus: string): EventSink {
  const client = new EventBridgeClient({});
  return {
    name: `the bus ${bus}`,
    send: (bodies) =>
      sendAll(bodies, async (pending) => {
        const Entries = pending.map((Detail) => ({
          Detail,
          DetailType: 'JobEvent',
          EventBusName: bus,
          Source: 'datasphere-job-cache',
        }));
        const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries }), limited());
        return results.flatMap(({ ErrorCode }, index) =>
          ErrorCode === undefined ? [] : [{ body: pending[index]!, reason: ErrorCode }],
        );
      }),
  };
}

function limited(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(callTimeoutMs) };
}

interface Refused {
  readonly body: string;
  readonly reason: string;
}

async function sendAll(
  bodies: readonly string[],
  send: (bodies: readonly string[]) => Promise<readonly Refused[]>,
): Promise<void> {
  let refused = await send(bodies);
  for (let attempt = 1; attempt < tries && refused.length > 0; attempt++) {
    await sleep(firstWaitMs * 2 ** attempt * Math.random());
    refused = await send(refused.map(({ body }) => body));
  }
  if (refused.length > 0) throw new Error(`${refused.length} events were refused: ${refused[0]!.reason}`);
}
