/**
 * Batches of an SQS queue, with a partial batch response.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
import type { MiddlewareObj } from '@middy/core';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Message } from '../feeding/sync-messages.ts';
import { invalidArgument } from '../runtime/status.ts';

/** A batch, as far as it is read here. An event sent by hand may lack any of it. */
export interface SqsEvent {
  readonly Records?: readonly SqsRecord[];
}

interface SqsRecord extends Partial<Pick<SQSRecord, 'messageId' | 'body'>> {
  readonly attributes?: Partial<SQSRecord['attributes']>;
}

/** What the use case takes. */
interface WithMessages {
  readonly messages: readonly Message[];
}

/** Middleware: the use case takes messages and returns the ids of those that failed. The queue delivers those again. */
export function sqs(): MiddlewareObj<SqsEvent & WithMessages> {
  return {
    before(invocation) {
      const event = { ...invocation.event };
      invocation.event = Object.assign(event, { messages: readRecords(event) });
    },
    after(invocation) {
      const failed = invocation.response as readonly string[];
      invocation.response = {
        batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })),
      } satisfies SQSBatchResponse;
    },
  };
}

/** @throws {Status} INVALID_ARGUMENT for an event without records */
function readRecords({ Records }: SqsEvent): readonly Message[] {
  if (!Array.isArray(Records))
    throw invalidArgument('Records', 'is missing: the event must be a batch of an SQS queue');
  return (Records as readonly SqsRecord[]).map(readRecord);
}

/** @throws {Status} INVALID_ARGUMENT for a record without an id: it could not be named as failed */
function readRecord(record: SqsRecord, index: number): Message {
  const { messageId, body, attributes = {} } = { ...record };
  if (typeof messageId !== 'string' || messageId === '')
    throw invalidArgument(`Records[${index}].messageId`, 'is missing: it must be the id that SQS gave');
  return {
    messageId,
    body: typeof body === 'string' ? body : undefined,
    redelivered: Number(attributes.ApproximateReceiveCount) > 1,
    sentAt: attributes.SentTimestamp === undefined ? undefined : new Date(Number(attributes.SentTimestamp)),
    traceHeader: attributes.AWSTraceHeader,
  };
}
