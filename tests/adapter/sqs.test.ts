/** The middleware that makes messages of a batch, and a partial batch response of ids, in a real middy handler. */
import middy from '@middy/core';
import type { SQSBatchResponse } from 'aws-lambda';
import { describe, expect, it } from '@jest/globals';
import { sqs, type SqsEvent } from '../../lib/adapter/sqs.ts';
import type { Message } from '../../lib/feeding/sync-messages.ts';
import { lambdaContext, sqsEvent } from '../support/functions.ts';

async function run(event: unknown, failed: readonly string[] = []) {
  let messages: readonly Message[] = [];
  const handler = middy()
    .use(sqs())
    .handler<SqsEvent, SQSBatchResponse>((batch) => {
      messages = batch.messages;
      return Promise.resolve(failed);
    });
  const response = await handler(event as SqsEvent, lambdaContext());
  return { messages, response };
}

describe('the SQS middleware', () => {
  it('hands the use case the records of a batch as messages', async () => {
    const event = sqsEvent('a', { b: 1 });
    Object.assign(event.Records[1]!.attributes, { ApproximateReceiveCount: '2', AWSTraceHeader: 'Root=1' });
    const sentAt = new Date(1_795_435_200_000);
    expect((await run(event)).messages).toEqual([
      { messageId: 'm0', body: 'a', redelivered: false, sentAt, traceHeader: undefined },
      { messageId: 'm1', body: '{"b":1}', redelivered: true, sentAt, traceHeader: 'Root=1' },
    ]);
  });

  it('names the messages that failed, and only those', async () => {
    expect((await run(sqsEvent('a', 'b', 'c'), ['m2', 'm0'])).response).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm0' }],
    });
    expect((await run(sqsEvent('a'))).response).toEqual({ batchItemFailures: [] });
  });

  it('takes a record without attributes for one that comes for the first time', async () => {
    const { messages } = await run({ Records: [{ messageId: 'm', body: 'a' }] });
    expect(messages).toEqual([
      { messageId: 'm', body: 'a', redelivered: false, sentAt: undefined, traceHeader: undefined },
    ]);
  });

  it.each([[{}], [{ body: { jobId: 'j' } }], [{ body: null }]])(
    'leaves it to the use case to fail the record %j, which has no text, alone',
    async (record) => {
      const { messages } = await run({ Records: [{ messageId: 'm', ...record }] });
      expect(messages).toMatchObject([{ messageId: 'm', body: undefined }]);
    },
  );

  it.each([[{}], [null], [{ source: 'aws.events' }], [{ Records: {} }]])(
    'refuses %j, which is not a batch, and says what would be one',
    async (event) => {
      await expect(run(event)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: 'Records: is missing: the event must be a batch of an SQS queue',
      });
    },
  );

  it.each([[{ body: 'b' }], [{ messageId: '', body: 'b' }], [{ messageId: 7, body: 'b' }], [null]])(
    'refuses a batch with the record %j, which could not be named as failed',
    async (record) => {
      await expect(run({ Records: [...sqsEvent('a').Records, record] })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: 'Records[1].messageId: is missing: it must be the id that SQS gave',
      });
    },
  );
});
