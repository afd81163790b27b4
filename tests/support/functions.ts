import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import { localAwsEnvironment } from '../../infra/local/credentials.ts';
import type { Upstream } from '../../infra/upstream-stand-in/upstream.ts';

/** The handlers as deployed: read from the environment once, when they are first imported. */
export interface Handlers {
  readonly get: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
  readonly sync: (event: SQSEvent, remainingMs?: number) => Promise<SQSBatchResponse>;
}

/** The handler that runs by the clock, as deployed. */
export type RefreshHandler = (remainingMs: number, requestId?: string) => Promise<unknown>;

/** What the functions read, for a table on a local engine. */
export function functionEnvironment(endpoint: string, table: string): Readonly<Record<string, string>> {
  return {
    ...localAwsEnvironment(0),
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    JOB_TABLE: table,
    AUTH_MODE: 'none',
    LOG_LEVEL: 'error',
  };
}

export async function importHandlers(environment: Readonly<Record<string, string>>): Promise<Handlers> {
  Object.assign(process.env, environment);
  const [{ handler: get }, { handler: sync }] = await Promise.all([
    import('../../functions/aws/get.ts'),
    import('../../functions/aws/sync.ts'),
  ]);
  return {
    get: (event) => get(event, lambdaContext()),
    sync: (event, remainingMs) => sync(event, lambdaContext(remainingMs)),
  };
}

/** As `importHandlers`, where there is an upstream. */
export async function importRefreshHandler(
  environment: Readonly<Record<string, string>>,
): Promise<RefreshHandler> {
  Object.assign(process.env, environment);
  const { handler } = await import('../../functions/aws/refresh.ts');
  return (remainingMs, requestId = crypto.randomUUID()) =>
    handler({}, { ...lambdaContext(remainingMs), awsRequestId: requestId });
}

/** What the functions read where they ask an upstream that stands in for the real one. */
export function upstreamEnvironment(upstream: Upstream, projects: readonly string[]) {
  return {
    UPSTREAM_ENDPOINT: upstream.address,
    UPSTREAM_SERVICE_ACCOUNT_KEY: JSON.stringify(upstream.serviceAccountKey),
    UPSTREAM_IAM_ENDPOINT: upstream.iamUrl,
    UPSTREAM_PROJECTS: projects.join(','),
    UPSTREAM_CALLS_PER_SECOND: '100',
    REFRESH_SECONDS: '2',
    READ_THROUGH: 'true',
  };
}

export function lambdaContext(remainingMs = 20_000): Context {
  const endMs = Date.now() + remainingMs;
  return { awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => endMs - Date.now() } as Context;
}

/** An SQS batch as Lambda receives it; each body as JSON unless it is text already. */
export function sqsEvent(...bodies: readonly unknown[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: crypto.randomUUID(),
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1795435200000',
        SenderId: 'AIDAEXAMPLE',
        ApproximateFirstReceiveTimestamp: '1795435200001',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:job-events',
      awsRegion: 'eu-central-1',
    })),
  };
}

/** A request as API Gateway's HTTP API hands it to a function, payload format 2.0. */
export function httpEvent(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): APIGatewayProxyEventV2 {
  const [rawPath = '', rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: crypto.randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_435_200_000,
    },
    isBase64Encoded: false,
  };
}
