import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { localAws, localAwsEnvironment } from '../../infra/local/credentials.ts';
import { createDynamoDbClient, type DynamoDbConnections } from '../../lib/dynamodb/client/client.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('the DynamoDB client', () => {
  let server: Server;
  let ours: DynamoDbConnections;
  let theirs: DynamoDBClient;
  const received: Received[] = [];
  let answers: Answer[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        received.push({ headers: request.headers, path: request.url!, body });
        const { status, headers, body: answer } = answers.length > 1 ? answers.shift()! : answers[0]!;
        response.writeHead(status, headers).end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, localAwsEnvironment(0), { AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    ours = createDynamoDbClient();
    theirs = new DynamoDBClient({ ...localAws, endpoint, maxAttempts: 1 });
  });
  afterAll(async () => {
    ours.destroy();
    theirs.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    received.length = 0;
  });

  const attribute = fc.oneof(
    fc.record({ S: fc.string({ unit: 'grapheme' }) }),
    fc.record({ N: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String) }),
    fc.record({ B: fc.uint8Array({ maxLength: 100 }) }),
  );
  const item = fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), attribute, { maxKeys: 6 });

  /** Bytes as text, whatever class holds them; without what a client adds to an answer of its own. */
  const plain = (value: unknown, encoding: 'base64' | 'hex' = 'hex'): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString(encoding);
    if (Array.isArray(value)) return value.map((one) => plain(one, encoding));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([name]) => name !== '$metadata');
    return Object.fromEntries(entries.map(([name, one]) => [name, plain(one, encoding)]));
  };

  it('sends the requests that the SDK sends, for every item', async () => {
    answers = [{ status: 200, body: '{}' }];
    await fc.assert(
      fc.asyncProperty(item, item, fc.boolean(), async (Item, values, ConsistentRead) => {
        const commands = () => [
          new GetItemCommand({ TableName: 'jobs', Key: Item, ConsistentRead }),
          new PutItemCommand({
            TableName: 'jobs',
            Item,
            ConditionExpression: 'a = :a',
            ExpressionAttributeValues: values,
            ReturnValues: 'ALL_OLD',
          }),
          new DeleteItemCommand({ TableName: 'jobs', Key: Item }),
          new QueryCommand({
            TableName: 'jobs',
            ExpressionAttributeValues: values,
            ProjectionExpression: 'part',
          }),
        ];
        received.length = 0;
        for (const command of commands()) await ours.send(command as never);
        for (const command of commands()) await theirs.send(command as never);
        const [fromUs, fromThem] = [received.slice(0, 4), received.slice(4)].map((requests) =>
          requests.map(({ headers, path, body }) => ({
            path,
            body,
            type: headers['content-type'],
            target: headers['x-amz-target'],
            length: headers['content-length'],
          })),
        );
        expect(fromUs).toEqual(fromThem);
      }),
      { numRuns: 100 },
    );
  });

  it('reads answers as the SDK does, for every item', async () => {
    await fc.assert(
      fc.asyncProperty(item, fc.array(item, { maxLength: 3 }), async (Item, Items) => {
        const answer = { Item, Attributes: Item, Items, Count: Items.length };
        const body = JSON.stringify(plain(answer, 'base64'));
        answers = [{ status: 200, body }];
        for (const command of [
          () => new GetItemCommand({ TableName: 'jobs', Key: {} }),
          () => new QueryCommand({ TableName: 'jobs' }),
        ]) {
          const expected = plain(await theirs.send(command() as never)) as object;
          expect(plain(await ours.send(command() as never))).toMatchObject(expected);
        }
      }),
      { numRuns: 100 },
    );
  });

  const get = () => ours.send(new GetItemCommand({ TableName: 'jobs', Key: {} }));

  it('gives a failed condition its name, its message and the item in the way', async () => {
    const body = JSON.stringify({
      __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: { job: { B: 'AQI=' } },
    });
    answers = [{ status: 400, body }];
    await expect(get()).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: { job: { B: Buffer.from([1, 2]) } },
    });
    expect(received).toHaveLength(1);
  });

  it.each([
    ['a server error', { status: 500, body: '{"__type":"x#InternalServerError"}' }],
    ['a gateway that is not DynamoDB', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['throttling', { status: 400, body: '{"__type":"x#ProvisionedThroughputExceededException"}' }],
  ])('asks again after %s', async (_, answer) => {
    answers = [answer, { status: 200, body: '{"Item":{}}' }];
    expect(await get()).toMatchObject({ Item: {} });
    expect(received).toHaveLength(2);
  });

  it('does not take a broken answer for an empty one', async () => {
    answers = [{ status: 200, body: '{"Item":' }];
    await expect(get()).rejects.toThrow(SyntaxError);
  });

  it('signs with the table\u2019s time if its own clock is far off, and tries again', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const expired = {
      __type: 'x#InvalidSignatureException',
      message: 'Signature expired: 1 is now earlier than 2',
    };
    answers = [
      { status: 400, headers: { date }, body: JSON.stringify(expired) },
      { status: 200, body: '{}' },
    ];
    await get();
    const times = received.map(({ headers }) => String(headers['x-amz-date']).slice(0, 11));
    const hourLater = date.slice(17, 19);
    expect(times[1]!.slice(9)).toBe(hourLater);
    expect(times[0]).not.toBe(times[1]);
  });
});
