/** The event source mapping of the local stack: it hands messages of the queue to a function, as Lambda's does. */
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

export interface EventSourceMapping {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** The most messages in one call. */
  readonly batchSize: number;
  /** How long to wait for a batch to fill, in milliseconds. */
  readonly windowMs: number;
  /** Whether the function gives a partial batch response. If not, any answer means that all messages are done. */
  readonly partialFailures: boolean;
  /** Calls the function, and rejects if it failed. */
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
  readonly say: (text: string) => void;
}

/** The most messages that SQS hands out at once. */
const receiveLimit = 10;

/**
 * Polls a queue until the signal aborts: collects a batch, calls the function, and deletes the messages that did not
 * fail. The others become visible again after the visibility timeout of the queue, and end in its dead-letter queue.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export async function pollQueue(mapping: EventSourceMapping, signal: AbortSignal): Promise<void> {
  const stopping = (): boolean => signal.aborted;
  while (!stopping()) {
    try {
      const batch = await collectBatch(mapping, signal);
      if (batch.length > 0) await handleBatch(mapping, batch);
    } catch (error) {
      if (!stopping()) mapping.say(`The queue could not be polled: ${String(error)}`);
    }
  }
}

async function collectBatch(mapping: EventSourceMapping, signal: AbortSignal): Promise<readonly Message[]> {
  const batch: Message[] = [];
  let windowEnd = Infinity;
  while (batch.length < mapping.batchSize && Date.now() < windowEnd && !signal.aborted) {
    const waitMs = batch.length === 0 ? 20_000 : windowEnd - Date.now();
    const command = new ReceiveMessageCommand({
      QueueUrl: mapping.queueUrl,
      MaxNumberOfMessages: Math.min(receiveLimit, mapping.batchSize - batch.length),
      // Long polling counts in whole seconds, so the rest of a window is not waited for.
      WaitTimeSeconds: Math.floor(waitMs / 1000),
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages = [] } = await mapping.client.send(command, { abortSignal: signal });
    if (batch.length === 0) windowEnd = Date.now() + mapping.windowMs;
    else if (Messages.length === 0) break;
    batch.push(...Messages);
  }
  return batch;
}

async function handleBatch(mapping: EventSourceMapping, batch: readonly Message[]): Promise<void> {
  const failed = await failedMessages(mapping, batch);
  const done = batch.filter(({ MessageId }) => !failed.has(MessageId!));
  for (let index = 0; index < done.length; index += receiveLimit) {
    const Entries = done
      .slice(index, index + receiveLimit)
      .map(({ ReceiptHandle }, entry) => ({ Id: String(entry), ReceiptHandle }));
    await mapping.client.send(new DeleteMessageBatchCommand({ QueueUrl: mapping.queueUrl, Entries }));
  }
}

/** Gives the ids of the messages that failed: all of them if the function failed, or named one that it did not get. */
async function failedMessages(
  mapping: EventSourceMapping,
  batch: readonly Message[],
): Promise<ReadonlySet<string>> {
  const all = new Set(batch.map(({ MessageId }) => MessageId!));
  let response: unknown;
  try {
    response = await mapping.invoke({ Records: batch.map(toRecord) });
  } catch (error) {
    mapping.say(`The function failed on a batch of ${batch.length}: ${String(error)}`);
    return all;
  }
  if (!mapping.partialFailures) return new Set();
  const failures = (response as Partial<SQSBatchResponse> | null | undefined)?.batchItemFailures ?? [];
  const ids = failures.map(({ itemIdentifier }) => itemIdentifier);
  return ids.every((id) => all.has(id)) ? new Set(ids) : all;
}

function toRecord(message: Message): SQSRecord {
  return {
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body ?? '',
    attributes: message.Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: {},
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:job-events',
    awsRegion: 'eu-central-1',
  };
}
