/** The steps of the AWS SDK that the client replaces, whatever a new version of the SDK makes of them. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import * as sdk from '@aws-sdk/client-dynamodb';

const module = '../../lib/dynamodb/client/client.ts';

/** Creates a client while the SDK's own constructor ends with a change. @returns the SDK's client */
async function createWith(change: (client: sdk.DynamoDBClient) => void): Promise<sdk.DynamoDBClient> {
  let created: sdk.DynamoDBClient | undefined;
  class Changed extends sdk.DynamoDBClient {
    constructor(...config: ConstructorParameters<typeof sdk.DynamoDBClient>) {
      super(...config);
      change(this);
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- the client keeps it to itself
      created = this;
    }
  }
  jest.resetModules();
  jest.unstable_mockModule('@aws-sdk/client-dynamodb', () => ({ ...sdk, DynamoDBClient: Changed }));
  const { createDynamoDbClient } = (await import(
    module
  )) as typeof import('../../lib/dynamodb/client/client.ts');
  createDynamoDbClient().destroy();
  return created!;
}

afterEach(() => {
  jest.resetModules();
});

describe('the client', () => {
  it('leaves of the SDK’s steps only the retries, and adds one of its own', async () => {
    const client = await createWith(() => undefined);
    const names = client.middlewareStack.identify().map((step) => step.split(' ')[0]);
    expect(names).toEqual(['retryMiddleware', 'callStep']);
  });

  it.each(['serializerMiddleware', 'httpSigningMiddleware', 'hostHeaderMiddleware'])(
    'does not start with a version of the SDK that has no %s to replace',
    async (name) => {
      const creating = createWith((client) => client.middlewareStack.remove(name));
      await expect(creating).rejects.toThrow(`this version of the AWS SDK has no ${name} to replace`);
    },
  );
});
