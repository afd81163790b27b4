/** A dead-letter queue, and why what is in it failed. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import type { JobEvent } from '../../lib/events/job-event.ts';
import { parseMessage } from '../../lib/events/message.ts';
import { isStatus } from '../../lib/runtime/status.ts';
import { localAws } from '../local/credentials.ts';
import { loopback } from '../local/ports.ts';
import { inBatches } from './batches.ts';

/** What the name of the dead-letter queue has after the name of the queue. */
const suffix = '-dead-letters';

/** How long messages are held while they are looked at, in seconds; what is not given back comes back by itself. */
const holdSeconds = 120;

/** The longest that one call may take, in milliseconds. */
const callTimeoutMs = 15_000;

/** The most messages that SQS hands out at once. */
const receiveLimit = 10;

export interface DeadLetter {
  readonly messageId: string;
  readonly sentAt: Date;
  readonly body: string;
  /** The first that it holds; undefined where the function could not read it. */
  readonly event: JobEvent | undefined;
  /** Why it failed, as far as the event itself can tell. */
  readonly reason: string;
  /** Whether another try may end better. */
  readonly worthRetrying: boolean;
  readonly receiptHandle: string;
}

export interface DeadLetters {
  /** For people. */
  readonly name: string;
  /** Takes all letters, at most `limit`; nobody else sees them until they are given back or the hold ends. */
  readonly take: (limit: number) => Promise<readonly DeadLetter[]>;
  readonly giveBack: (letters: readonly DeadLetter[]) => Promise<void>;
  /** Sends letters to the queue that they failed in, and only then removes them here. */
  readonly redrive: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly remove: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly close: () => void;
}

/** The dead letters of the local stack. */
export function openLocalDeadLetters(port: number): Promise<DeadLetters> {
  const client = new SQSClient({ ...localAws, endpoint: `http://${loopback}:${port}`, maxAttempts: 2 });
  return openDeadLetters(client, 'job-events', `${loopback}:${port}`);
}

/** The dead letters of a deployed queue, with the credentials and the region of the AWS SDK's own environment. */
export function openDeployedDeadLetters(queue: string): Promise<DeadLetters> {
  return openDeadLetters(new SQSClient({}), queue, 'AWS');
}

async function openDeadLetters(client: SQSClient, queue: string, place: string): Promise<DeadLetters> {
  const options = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(callTimeoutMs) });
  const urlOf = async (QueueName: string): Promise<string> => {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }), options());
    return QueueUrl!;
  };
  const [from, to] = [await urlOf(queue + suffix), await urlOf(queue)];

  const receive = async (most: number): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: from,
      MaxNumberOfMessages: Math.min(most, receiveLimit),
      VisibilityTimeout: holdSeconds,
      // A short poll asks only some of the servers, and may find nothing where there is something.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
    const { Messages = [] } = await client.send(command, options());
    return Messages;
  };
  const remove = (letters: readonly DeadLetter[]): Promise<void> =>
    forBatches(letters, async (batch) => {
      const Entries = batch.map(({ receiptHandle }, index) => ({
        Id: `${index}`,
        ReceiptHandle: receiptHandle,
      }));
      const { Failed } = await client.send(
        new DeleteMessageBatchCommand({ QueueUrl: from, Entries }),
        options(),
      );
      assertNoneFailed('removed', Failed);
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
        const Entries = batch.map(({ receiptHandle }, index) => ({
          Id: `${index}`,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: 0,
        }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: from, Entries }), options());
      }),
    redrive: (letters) =>
      forBatches(letters, async (batch) => {
        const Entries = batch.map(({ body }, index) => ({ Id: `${index}`, MessageBody: body }));
        const { Failed } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: to, Entries }),
          options(),
        );
        assertNoneFailed('sent', Failed);
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

function assertNoneFailed(
  what: string,
  failed: readonly { readonly Code?: string | undefined }[] = [],
): void {
  if (failed.length > 0)
    throw new Error(
      `${failed.length} messages could not be ${what}: ${failed[0]!.Code ?? 'no reason given'}`,
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

/** Reads the message as the function does; what may be a secret where it is deployed is treated as one. */
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
