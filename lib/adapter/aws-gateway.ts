/**
 * HTTP APIs of API Gateway and Lambda function URLs, payload format 2.0.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpRequest, HttpResponse } from '../protocol/http/http-message.ts';
import { readRequestId } from '../rpc/request-metadata.ts';
import { invalidArgument, toStatus, type Status } from '../runtime/status.ts';

/** The most bytes of a result: the 6 MB that Lambda takes, less what the headers need. */
const resultSizeLimit = 6 * 1024 * 1024 - 64 * 1024;

/** The most bytes of one body: base64 takes four bytes for three. */
export const lambdaResponseSizeLimit = Math.floor(resultSizeLimit * 0.75);

/** The most bytes of a body that is sent as text: a result is JSON, where a quote or a backslash takes two bytes. */
const textSizeLimit = resultSizeLimit / 2;

/** A request in payload format 2.0, as far as it is read here. An event sent by hand may lack any of it. */
export interface GatewayEvent extends Partial<Omit<APIGatewayProxyEventV2, 'requestContext'>> {
  readonly requestContext?: {
    readonly http?: { readonly method: string };
    /** What the IAM authorizer adds. */
    readonly authorizer?: { readonly iam?: { readonly userArn?: string } };
  };
}

/** What the use case takes. */
interface WithRequest {
  readonly request: HttpRequest;
}

/** Gives the answer to a request that failed, or to an event that could not be read as a request. */
export type AnswerFailure = (failure: Status, requestId: string, request?: HttpRequest) => HttpResponse;

/**
 * Middleware: turns the event into an HttpRequest, and the HttpResponse into a result. It answers errors too: otherwise
 * API Gateway would answer `{"message":"Internal Server Error"}`, which our clients cannot read.
 */
export function awsGateway(answerFailure: AnswerFailure): MiddlewareObj<GatewayEvent & WithRequest> {
  return {
    before(invocation) {
      const event = { ...invocation.event };
      invocation.event = Object.assign(event, { request: fromApiGateway(event) });
    },
    after(invocation) {
      invocation.response = toApiGateway(invocation.response as HttpResponse);
    },
    onError(invocation) {
      const { error, context, event } = invocation;
      const { request } = { ...event } as Partial<WithRequest>;
      const requestId = readRequestId(() => context.awsRequestId);
      invocation.response = toApiGateway(answerFailure(toStatus(error), requestId, request));
    },
  };
}

/** @throws {Status} INVALID_ARGUMENT if the event has another format */
export function fromApiGateway(event: GatewayEvent): HttpRequest {
  const { requestContext: { http, authorizer } = {}, rawPath = '', rawQueryString, headers, body } = event;
  if (http === undefined) {
    throw invalidArgument(
      'event',
      'has no requestContext.http: it must be an HTTP request in payload format 2.0, as HTTP APIs and function URLs send it',
    );
  }
  return {
    method: http.method,
    path: rawPath,
    query: new URLSearchParams(rawQueryString),
    headers: lowerCaseNames(headers ?? {}),
    body: Buffer.from(body ?? '', event.isBase64Encoded === true ? 'base64' : 'utf8'),
    iamPrincipal: authorizer?.iam?.userArn,
  };
}

export function toApiGateway({ status, headers, body }: HttpResponse): APIGatewayProxyStructuredResultV2 {
  if (typeof body === 'string') return { statusCode: status, headers: { ...headers }, body };
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length);
  const isText =
    headers['content-type'] === 'application/json' &&
    headers['content-encoding'] === undefined &&
    body.length <= textSizeLimit;
  return {
    statusCode: status,
    headers: { ...headers },
    body: buffer.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}

/** API Gateway sends them in lower case, but people who invoke a function by hand may not. */
function lowerCaseNames(
  headers: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
