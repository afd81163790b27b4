/** A worker of `kill-workers.ts`: feeds the deployed handler from the queue, as Lambda does, until it is killed. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { localAws } from '../../infra/local/credentials.ts';
import { pollQueue } from '../../infra/local/event-source-mapping.ts';
import { handler } from '../../functions/aws/sync.ts';
import { lambdaContext } from '../support/functions.ts';

const client = new SQSClient({ ...localAws, endpoint: process.env['QUEUE_ENDPOINT']! });

await pollQueue(
  {
    client,
    queueUrl: process.env['QUEUE_URL']!,
    batchSize: 10,
    windowMs: 0,
    partialFailures: true,
    invoke: (event) => {
      process.send?.('working');
      return Promise.resolve(handler(event, lambdaContext(10_000)));
    },
    say: (text) => {
      console.error(text);
    },
  },
  new AbortController().signal,
);
