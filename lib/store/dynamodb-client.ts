import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What the store needs of a client. */
export type DynamoDb = Pick<DynamoDBClient, 'send'>;

/**
 * The DynamoDB client, as the SDK's own environment variables set it up. A call that hangs is given up and tried again
 * well inside the deadline of the request that it serves.
 */
export function createDynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  });
}
