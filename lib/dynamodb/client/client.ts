import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { decodeAnswer, decodeError, encodeRequest } from './json.ts';
import { createTransport, type TransportResponse } from './transport.ts';
import { createRequestSigner } from './signer.ts';

/** What the store needs of a client. */
export type DynamoDb = Pick<DynamoDBClient, 'send'>;

/** A client that can be closed. */
export interface DynamoDbConnections extends DynamoDb {
  /** Closes the connections. */
  destroy(): void;
}

/** A command of the SDK. */
type Command = Parameters<DynamoDBClient['send']>[0];

/** What the steps of a call hand on to one another: the command, with what aborts it. */
interface Call {
  readonly input: object;
  readonly abortSignal?: AbortSignal | undefined;
}

/** The SDK's steps of a call, by its names for them, that are left out or that the one step below stands for. */
const replacedSteps = [
  'loggerMiddleware',
  'getUserAgentMiddleware',
  'recursionDetectionMiddleware',
  'hostHeaderMiddleware',
  'contentLengthMiddleware',
  'serializerMiddleware',
  'httpAuthSchemeMiddleware',
  'httpSigningMiddleware',
  'deserializerMiddleware',
];

/** DynamoDB refuses signatures that are five minutes off; a clock that is off by this much is corrected. */
const clockSkewLimitMs = 4 * 60_000;

/**
 * The DynamoDB client, as the SDK's own environment variables set it up: region, endpoint, credentials, retries. A call
 * that hangs is given up and tried again well inside the deadline of the request that it serves.
 *
 * Of the SDK's steps only its retries are left. One step stands for the others: they take more time than the call
 * itself, for what a table of strings, numbers and bytes does not need. docs/performance.md has the figures.
 */
export function createDynamoDbClient(): DynamoDbConnections {
  const client = new DynamoDBClient({
    maxAttempts: 4,
    cacheMiddleware: true,
    requestHandler: createTransport({ connectTimeoutMs: 1000, answerTimeoutMs: 2000 }),
  });
  const { config, middlewareStack } = client;
  for (const name of replacedSteps) middlewareStack.remove(name);
  // Each command brings a step of its own, which finds out the endpoint again for each call.
  middlewareStack.concat = () => middlewareStack as never;

  const signer = createRequestSigner({
    credentials: () => config.credentials(),
    region: () => config.region(),
    service: 'dynamodb',
  });
  const endpoint = createEndpoint(config);
  let clockOffsetMs = 0;
  const callStep: Parameters<typeof middlewareStack.add>[0] =
    (next, { commandName = '' }) =>
    async (args) => {
      const { input, abortSignal } = args as Call;
      const body = encodeRequest(input);
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': String(Buffer.byteLength(body)),
        'x-amz-target': `DynamoDB_20120810.${commandName.slice(0, -'Command'.length)}`,
      };
      const request = await signer.sign(
        { ...(await endpoint()), method: 'POST', headers, body, abortSignal },
        { signingDate: new Date(Date.now() + clockOffsetMs) },
      );
      const { response } = (await next({ ...args, request })) as { response: TransportResponse };
      if (response.statusCode === 200) return { response, output: decodeAnswer(response.body) as never };
      const error = decodeError(response);
      const skewMs = Date.parse(response.headers['date'] ?? '') - Date.now();
      if (Math.abs(skewMs - clockOffsetMs) > clockSkewLimitMs) {
        clockOffsetMs = skewMs;
        // Asks the SDK's retries for another try.
        error.$metadata.clockSkewCorrected = true;
      }
      throw error;
    };
  middlewareStack.add(callStep, { step: 'deserialize', name: 'callStep' });

  const send = (command: Command, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) => {
    // The SDK keeps the steps of a command together only for calls without options.
    const call = client.send(Object.assign(command, { abortSignal }));
    return abortSignal === undefined ? call : untilAborted(call, abortSignal);
  };
  const destroy = (): void => {
    client.destroy();
  };
  return { send, destroy } as DynamoDbConnections;
}

/** Where requests go. */
interface Endpoint {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
}

/** Finds the endpoint by the SDK's rules, once: nothing that they depend on changes. */
function createEndpoint(config: DynamoDBClient['config']): () => Promise<Endpoint> {
  let found: Promise<Endpoint> | undefined;
  const find = async (): Promise<Endpoint> => {
    // All commands that name one table have the same rules.
    const { url } = await getEndpointFromInstructions({}, GetItemCommand, { ...config }, {});
    const { protocol, hostname, port, pathname } = url;
    if (pathname !== '/') throw endpointError(`${url.href} has a path; DynamoDB has none`);
    return { protocol, hostname, port: port === '' ? undefined : Number(port), path: pathname };
  };
  return async () => {
    try {
      return await (found ??= find());
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
}

/** Nothing that another try could change. */
function endpointError(message: string): Error {
  return Object.assign(new Error(`the table's endpoint ${message}`), { name: 'EndpointError' });
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
