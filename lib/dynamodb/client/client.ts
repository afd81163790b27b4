/**
 * A client of DynamoDB, and of what speaks like it, such as YDB's Document API: the AWS SDK's settings, commands and
 * retries around a request, a signature and a transport of our own. This folder is like a vendored library: it knows
 * nothing of jobs.
 */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { bearerAuthorizer } from './bearer.ts';
import { decodeAnswer, decodeError, encodeRequest } from './json.ts';
import { createRequestSigner } from './signer.ts';
import { createTransport, type TransportResponse } from './transport.ts';

/** What the engine needs of a client. */
export type DynamoDb = Pick<DynamoDBClient, 'send'>;

/** A client that can be closed. */
export interface DynamoDbConnections extends DynamoDb {
  /** Closes the connections. */
  destroy(): void;
}

/** A command of the SDK. */
type Command = Parameters<DynamoDBClient['send']>[0];

/** What one step of a call hands on to the next: the command's input, and what aborts the call. */
interface Call {
  readonly input: object;
  readonly abortSignal?: AbortSignal | undefined;
}

/** Steps of the SDK's call, by its own names, that nothing here needs or that `callStep` does instead. */
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

/** DynamoDB refuses a signature that is five minutes off. A clock that is off by this much is corrected. */
const clockSkewLimitMs = 4 * 60_000;

export interface DynamoDbClientOptions {
  /**
   * Gives the token for an endpoint that takes `Authorization: Bearer`, such as YDB's. It is called for each attempt, so it
   * has to cache the token until that needs renewing. Unless set, requests are signed (SigV4) with the credentials of the
   * SDK's environment variables.
   *
   * @see https://yandex.cloud/en/docs/ydb/docapi/tools/aws-http
   */
  readonly bearerToken?: () => Promise<string>;
}

/**
 * A DynamoDB client, set up by the SDK's own environment variables: region, endpoint, credentials, retries. The endpoint
 * may have a path. A call that hangs is given up and tried again well inside the deadline of the request that it serves.
 *
 * Of the SDK's steps only its retries are left. One step does the work of the others, which take more time than the call
 * itself, for needs that a table of strings, numbers and bytes does not have. docs/performance.md has the figures.
 *
 * @throws {Error} if this version of the SDK lacks one of the steps to replace
 * @example
 * const client = createDynamoDbClient();
 * await client.send(new GetItemCommand({ TableName: 'jobs', Key: key('bt1a2b3c', 'head') }));
 */
export function createDynamoDbClient({ bearerToken }: DynamoDbClientOptions = {}): DynamoDbConnections {
  const client = new DynamoDBClient({
    maxAttempts: 4,
    cacheMiddleware: true,
    // The SDK's endpoint rules ask for credentials, which the token replaces.
    ...(bearerToken && { credentials: { accessKeyId: '', secretAccessKey: '' } }),
    requestHandler: createTransport({ connectTimeoutMs: 1000, answerTimeoutMs: 2000 }),
  });
  const { config, middlewareStack } = client;
  for (const name of replacedSteps)
    if (!middlewareStack.remove(name))
      throw new Error(`this version of the AWS SDK has no ${name} to replace`);
  // Each command brings a step of its own, which works out the endpoint again for each call.
  middlewareStack.concat = () => middlewareStack as never;

  const authorizer =
    bearerToken === undefined
      ? createRequestSigner({
          credentials: () => config.credentials(),
          region: () => config.region(),
          service: 'dynamodb',
        })
      : bearerAuthorizer(bearerToken);
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
      const request = await authorizer.authorize(
        { ...(await endpoint()), method: 'POST', headers, body, abortSignal },
        { signingDate: new Date(Date.now() + clockOffsetMs) },
      );
      const { response } = (await next({ ...args, request })) as { response: TransportResponse };
      if (response.statusCode === 200) return { response, output: decodeAnswer(response.body) as never };
      const error = decodeError(response);
      const skewMs = Date.parse(response.headers['date'] ?? '') - Date.now();
      if (Math.abs(skewMs - clockOffsetMs) > clockSkewLimitMs) {
        clockOffsetMs = skewMs;
        // Makes the SDK's retries try again.
        error.$metadata.clockSkewCorrected = true;
      }
      throw error;
    };
  middlewareStack.add(callStep, { step: 'deserialize', name: 'callStep' });

  const send = (command: Command, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) => {
    // With options in a second argument, the SDK would put its steps together anew for each call.
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

/** Works out the endpoint by the SDK's rules, once: their inputs do not change. */
function createEndpoint(config: DynamoDBClient['config']): () => Promise<Endpoint> {
  let found: Promise<Endpoint> | undefined;
  const find = async (): Promise<Endpoint> => {
    // All commands that name one table have the same rules.
    const { url } = await getEndpointFromInstructions({}, GetItemCommand, { ...config }, {});
    const { protocol, hostname, port, pathname } = url;
    // The SDK's requests go to a path that ends with a slash, too.
    const path = pathname.replace(/\/?$/, '/');
    return { protocol, hostname, port: port === '' ? undefined : Number(port), path };
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

/** Rejects on abort: the SDK's wait between two attempts does not watch the signal. */
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
