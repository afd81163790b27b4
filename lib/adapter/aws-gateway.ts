/**
 * API Gateway's HTTP API and Lambda function URLs, payload format 2.0.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpRequest, HttpResponse } from '../protocol/http/http-message.ts';

/** Lambda returns at most 6 MB; base64 takes four bytes for three, and headers need room too. */
export const lambdaResponseSizeLimit = Math.floor((6 * 1024 * 1024 - 64 * 1024) * 0.75);

/** What the IAM authorizer adds to the event. */
interface WithIamAuthorizer {
  readonly authorizer?: { readonly iam?: { readonly userArn?: string } };
}

export function fromApiGateway(event: APIGatewayProxyEventV2): HttpRequest {
  const { authorizer } = event.requestContext as WithIamAuthorizer;
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: lowerCaseNames(event.headers),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    iamPrincipal: authorizer?.iam?.userArn,
  };
}

export function toApiGateway({ status, headers, body }: HttpResponse): APIGatewayProxyStructuredResultV2 {
  if (typeof body === 'string') return { statusCode: status, headers: { ...headers }, body };
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length);
  const isText = headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined;
  return {
    statusCode: status,
    headers: { ...headers },
    body: buffer.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}

/** API Gateway sends them in lower case, but who tests a function by hand may not. */
function lowerCaseNames(
  headers: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
