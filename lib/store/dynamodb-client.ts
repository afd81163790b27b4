import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTransport } from './http-transport.ts';
import { createRequestSigner } from './request-signer.ts';

/** What the store needs of a client. */
export type DynamoDb = Pick<DynamoDBClient, 'send'>;

/** Steps of a call that no call here needs, by the names that the SDK gives them. */
const needless = [
  // Logs nothing unless the client is given a logger.
  'loggerMiddleware',
  // Says which SDK and which of its features are used: a quarter of a kilobyte in each request.
  'getUserAgentMiddleware',
  // Hands on Lambda's trace header, by which Lambda finds functions that call each other in circles; DynamoDB does not.
  'recursionDetectionMiddleware',
  // The signer sets the host.
  'hostHeaderMiddleware',
];

/**
 * The DynamoDB client, as the SDK's own environment variables set it up. A call that hangs is given up and tried again
 * well inside the deadline of the request that it serves. Of the SDK's steps those are left out that cost each Get time
 * and give it nothing; docs/performance.md has the figures.
 */
export function createDynamoDbClient(): DynamoDBClient {
  const client: DynamoDBClient = new DynamoDBClient({
    maxAttempts: 4,
    requestHandler: createTransport({ connectTimeoutMs: 1000, answerTimeoutMs: 2000 }) as never,
    signer: createRequestSigner({
      credentials: () => client.config.credentials(),
      region: () => client.config.region(),
      service: 'dynamodb',
    }) as never,
  });
  for (const name of needless) client.middlewareStack.remove(name);
  return client;
}
