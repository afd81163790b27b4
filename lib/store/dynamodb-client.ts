import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { createTransport, type TransportRequest } from './http-transport.ts';
import { createRequestSigner } from './request-signer.ts';

/** What the store needs of a client. */
export type DynamoDb = Pick<DynamoDBClient, 'send'>;

/** A client that can be closed. */
export interface DynamoDbConnections extends DynamoDb {
  /** Closes the connections. */
  destroy(): void;
}

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
 * well inside the deadline of the request that it serves.
 *
 * Of the SDK's steps those are left out that cost each Get time and give it nothing, and the rest are put together once
 * and not for each call. The SDK does that only for calls without options, so the signal that aborts a call takes
 * another way: from here to the transport. docs/performance.md has the figures.
 */
export function createDynamoDbClient(): DynamoDbConnections {
  const signals = new WeakMap<object, AbortSignal>();
  const client: DynamoDBClient = new DynamoDBClient({
    maxAttempts: 4,
    cacheMiddleware: true,
    requestHandler: createTransport({
      connectTimeoutMs: 1000,
      answerTimeoutMs: 2000,
      signalOf: (request) => signals.get(request),
    }),
    signer: createRequestSigner({
      credentials: () => client.config.credentials(),
      region: () => client.config.region(),
      service: 'dynamodb',
    }),
  } as unknown as DynamoDBClientConfig);
  for (const name of needless) client.middlewareStack.remove(name);
  // The last step before the transport, where the request is the one that the transport gets.
  client.middlewareStack.add(
    (next) => (args) => {
      const signal = signals.get(args.input);
      if (signal !== undefined) signals.set(args.request as TransportRequest, signal);
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'handOnSignal' },
  );

  const send = (
    command: Parameters<DynamoDBClient['send']>[0],
    options: { abortSignal?: AbortSignal } = {},
  ) => {
    const { abortSignal } = options;
    if (abortSignal === undefined) return client.send(command);
    signals.set(command.input, abortSignal);
    return untilAborted(client.send(command), abortSignal);
  };
  const destroy = (): void => {
    client.destroy();
  };
  return { send, destroy } as DynamoDbConnections;
}

/** The SDK's wait before another try knows of no signal. */
async function untilAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(Object.assign(new Error('the request was given up'), { name: 'AbortError' }));
    };
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
