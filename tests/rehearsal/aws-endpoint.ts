/** An endpoint on this machine that plays AWS for the serverless CLI: set `AWS_ENDPOINT_URL` to it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { loopback } from '../../infra/local/ports.ts';
import { AwsError, rehearsalAccount, type AwsAnswer, type AwsCall } from './aws-call.ts';
import { createCloudFormation, type CloudFormation } from './cloudformation.ts';
import { answerS3, type Buckets } from './s3.ts';
import { queryAnswer, toXml } from './xml.ts';

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
        });
      case 'lambda':
        return answerGetFunction(cloudFormation, call);
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
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readCall(request: IncomingMessage): Promise<AwsCall> {
  const { pathname, searchParams } = new URL(request.url!, `http://${loopback}`);
  // Credential=KEY/DATE/REGION/SERVICE/aws4_request
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '');
  return {
    service: scope?.[1] ?? 'unsigned',
    method: request.method!,
    path: pathname,
    query: searchParams,
    headers: request.headers as AwsCall['headers'],
    body: await buffer(request),
  };
}

/** When a function was last changed: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html */
function answerGetFunction({ stacks }: CloudFormation, { path }: AwsCall): AwsAnswer {
  const FunctionName = path.split('/').at(-1)!;
  const owner = [...stacks.values()].find(({ template }) =>
    Object.values(template.Resources).some(({ Properties }) => Properties?.['FunctionName'] === FunctionName),
  );
  if (owner === undefined)
    throw new AwsError(404, 'ResourceNotFoundException', `there is no function ${FunctionName}`);
  const Configuration = { FunctionName, LastModified: owner.changedAt.toISOString() };
  return { status: 200, body: JSON.stringify({ Configuration }) };
}

/** An error is written as the service writes it: in XML, or in JSON. */
function answerOrError(call: AwsCall, answer: (call: AwsCall) => AwsAnswer): AwsAnswer {
  try {
    return answer(call);
  } catch (error) {
    const { status, code, message } =
      error instanceof AwsError ? error : new AwsError(500, 'InternalFailure', String(error));
    const Error = { Code: code, Message: message };
    if (call.service === 's3') return { status, body: toXml('Error', Error) };
    if (call.service === 'cloudformation' || call.service === 'sts')
      return { status, body: toXml('ErrorResponse', { Error }) };
    return {
      status,
      headers: { 'x-amzn-errortype': code },
      body: JSON.stringify({ message }),
    };
  }
}

/** What a call is called in the APIs' own words, or close to that. */
function operationOf({ service, method, path, query, headers, body }: AwsCall): string {
  if (service === 'cloudformation' || service === 'sts')
    return new URLSearchParams(body.toString()).get('Action') ?? '';
  const target = headers['x-amz-target'];
  return target?.split('.').at(-1) ?? `${method} ${path}${query.has('delete') ? '?delete' : ''}`;
}
