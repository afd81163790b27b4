/** An endpoint on this machine that plays AWS for the serverless CLI: set `AWS_ENDPOINT_URL` to it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from '../../infra/local/ports.ts';
import { AwsError, rehearsalAccount, type AwsAnswer, type AwsCall } from './aws-call.ts';
import { createCloudFormation, type CloudFormation } from './cloudformation.ts';
import { answerLambda } from './lambda.ts';
import { queryAnswer, queryError } from './query-protocol.ts';
import { answerS3, type Buckets } from './s3.ts';
import { toXml } from './xml.ts';

/** More than the CLI sends in one request. */
const bodyLimit = 64 << 20;

export interface AwsEndpoint {
  readonly url: string;
  readonly buckets: Buckets;
  readonly cloudFormation: CloudFormation;
  /** Every call, as `service operation`, in order. */
  readonly calls: readonly string[];
  readonly stop: () => Promise<void>;
}

export async function startAwsEndpoint(): Promise<AwsEndpoint> {
  const buckets: Buckets = new Map();
  const cloudFormation = createCloudFormation(buckets);
  const calls: string[] = [];

  const answer = (call: AwsCall): AwsAnswer => {
    calls.push(`${call.service} ${operationOf(call)}`);
    switch (call.service) {
      case 's3':
        return answerS3(buckets, call);
      case 'cloudformation':
        return cloudFormation.answer(call);
      case 'sts':
        return queryAnswer('GetCallerIdentity', {
          Account: rehearsalAccount,
          Arn: `arn:aws:iam::${rehearsalAccount}:user/rehearsal`,
          UserId: 'rehearsal',
        });
      case 'lambda':
        return answerLambda(cloudFormation.stacks, call);
      case 'ecr':
        throw new AwsError(400, 'RepositoryNotFoundException', 'there is no such repository');
      default:
        throw new AwsError(501, 'NotImplemented', `${call.service} is not played here`);
    }
  };

  const server = createServer((request, response) => {
    void readCall(request)
      .then((call) => answerOrError(call, answer))
      .then(
        ({ status, headers, body }) => response.writeHead(status, headers).end(body),
        () => response.destroy(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    buckets,
    cloudFormation,
    calls,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function readCall(request: IncomingMessage): Promise<AwsCall> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${loopback}`);
  // Credential=KEY/DATE/REGION/SERVICE/aws4_request
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '');
  return {
    service: scope?.[1] ?? 'unsigned',
    method: request.method ?? '',
    path: pathname,
    query: searchParams,
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    body: Buffer.concat(chunks),
  };
}

function answerOrError(call: AwsCall, answer: (call: AwsCall) => AwsAnswer): AwsAnswer {
  try {
    return answer(call);
  } catch (error) {
    const known = error instanceof AwsError ? error : new AwsError(500, 'InternalFailure', String(error));
    if (call.service === 's3')
      return { status: known.status, body: toXml('Error', { Code: known.code, Message: known.message }) };
    if (call.service === 'cloudformation' || call.service === 'sts') return queryError(known);
    return {
      status: known.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': known.code },
      body: JSON.stringify({ __type: known.code, message: known.message }),
    };
  }
}

/** What a call is called in the APIs' own words, or close to that. */
function operationOf({ service, method, path, query, headers, body }: AwsCall): string {
  if (service === 'cloudformation' || service === 'sts')
    return new URLSearchParams(body.toString()).get('Action') ?? '';
  const target = headers['x-amz-target'];
  if (target !== undefined) return target.split('.').at(-1)!;
  return `${method} ${path}${query.has('delete') ? '?delete' : ''}`;
}
