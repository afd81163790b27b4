/** A dead-letter queue, and why the messages in it failed. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type BatchResultErrorEntry,
  type Message,
} from '@aws-sdk/client-sqs';
import type { JobEvent } from '../../lib/events/job-event.ts';
import { parseMessage } from '../../lib/events/message.ts';
import { isStatus } from '../../lib/runtime/status.ts';
import { loopback } from '../local/ports.ts';
import { inBatches } from './batches.ts';
import { localSqs, queueSink, queueUrl, withTimeout } from './event-sinks.ts';

/** What the name of the dead-letter queue has after the name of the queue. */
const suffix = '-dead-letters';

/** How long messages are hidden from others, in seconds. What is not given back by then comes back by itself. */
const holdSeconds = 120;

/** The most messages that SQS gives at once. */
const receiveLimit = 10;

export interface DeadLetter {
  readonly messageId: string;
  readonly sentAt: Date;
  readonly body: string;
  /** The first event of the message; undefined if it cannot be read. */
  readonly event: JobEvent | undefined;
  /** Why it failed, as far as the event itself can tell. */
  readonly reason: string;
  /** Whether another attempt may succeed. */
  readonly worthRetrying: boolean;
  readonly receiptHandle: string;
}

export interface DeadLetters {
  /** For people. */
  readonly name: string;
  /** Takes all letters, at most `limit`, and hides them from others until they are given back or the hold ends. */
  readonly take: (limit: number) => Promise<readonly DeadLetter[]>;
  readonly giveBack: (letters: readonly DeadLetter[]) => Promise<void>;
  /** Sends letters to the queue in which they failed, and then removes them here. */
  readonly redrive: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly remove: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly close: () => void;
}

/** The dead letters of the local stack. */
export function openLocalDeadLetters(port: number): Promise<DeadLetters> {
  return openDeadLetters(localSqs(port), 'job-events', `${loopback}:${port}`);
}

/** The dead letters of a deployed queue, with the credentials and the region of the environment. */
export function openDeployedDeadLetters(queue: string): Promise<DeadLetters> {
  return openDeadLetters(new SQSClient({}), queue, 'AWS');
}

async function openDeadLetters(client: SQSClient, queue: string, place: string): Promise<DeadLetters> {
  const QueueUrl = await queueUrl(client, queue + suffix);
  const source = await queueSink(client, queue, place);

  const receive = async (limit: number): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(limit, receiveLimit),
      VisibilityTimeout: holdSeconds,
      // A short poll asks only some of the servers, and may miss messages.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
    const { Messages = [] } = await client.send(command, withTimeout());
    return Messages;
  };
  const remove = (letters: readonly DeadLetter[]): Promise<void> =>
    forBatches(letters, async (batch) => {
      const command = new DeleteMessageBatchCommand({ QueueUrl, Entries: batch.map(toEntry) });
      assertNoneFailed(await client.send(command, withTimeout()));
    });

  return {
    name: `${queue}${suffix} on ${place}`,
    async take(limit) {
      const letters: DeadLetter[] = [];
      while (letters.length < limit) {
        const messages = await receive(limit - letters.length);
        if (messages.length === 0) break;
        letters.push(...messages.map(readLetter));
      }
      return letters;
    },
    giveBack: (letters) =>
      forBatches(letters, async (batch) => {
        const Entries = batch.map((letter, index) => ({ ...toEntry(letter, index), VisibilityTimeout: 0 }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }), withTimeout());
      }),
    redrive: (letters) =>
      forBatches(letters, async (batch) => {
        await source.send(batch.map(({ body }) => body));
        await remove(batch);
      }),
    remove,
    close: () => {
      client.destroy();
    },
  };
}

async function forBatches(
  letters: readonly DeadLetter[],
  run: (batch: readonly DeadLetter[]) => Promise<unknown>,
): Promise<void> {
  for await (const batch of inBatches(letters)) await run(batch);
}

function toEntry({ receiptHandle }: DeadLetter, index: number) {
  return { Id: String(index), ReceiptHandle: receiptHandle };
}

function assertNoneFailed({ Failed = [] }: { readonly Failed?: BatchResultErrorEntry[] | undefined }): void {
  if (Failed.length > 0)
    throw new Error(
      `${Failed.length} messages could not be removed: ${Failed[0]!.Code ?? 'no reason given'}`,
    );
}

function readLetter({ MessageId, Body = '', ReceiptHandle, Attributes }: Message): DeadLetter {
  return {
    messageId: MessageId!,
    sentAt: new Date(Number(Attributes?.SentTimestamp)),
    body: Body,
    receiptHandle: ReceiptHandle!,
    ...diagnose(Body),
  };
}

/** Reads a message as the function does, and redacts all that may be a secret in any stage. */
export function diagnose(body: string): Pick<DeadLetter, 'event' | 'reason' | 'worthRetrying'> {
  try {
    const {
      events: [event],
      refused: [refusal],
    } = parseMessage(body, { redactEnvValues: true });
    if (refusal !== undefined) throw refusal;
    if (event?.news !== 'changed') {
      const reason =
        'the event is in order: the table was in trouble, or the document too large; see the log';
      return { event, reason, worthRetrying: true };
    }
    return { event, reason: 'a changed notice, and no upstream to read the job from', worthRetrying: false };
  } catch (error) {
    const words = (error as Error).message;
    const reason = isStatus(error) ? `${error.reason}: ${words}` : words;
    return { event: undefined, reason, worthRetrying: false };
  }
}
