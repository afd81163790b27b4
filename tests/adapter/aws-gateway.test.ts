/** The middleware between payload format 2.0 and our own HTTP messages, in a real middy handler. */
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { describe, expect, it } from '@jest/globals';
import {
  awsGateway,
  lambdaResponseSizeLimit,
  type AnswerFailure,
  type GatewayEvent,
} from '../../lib/adapter/aws-gateway.ts';
import type { HttpRequest, HttpResponse } from '../../lib/protocol/http/http-message.ts';
import { httpEvent, lambdaContext } from '../support/functions.ts';

const ok: HttpResponse = { status: 200, headers: {}, body: '' };
const json = { 'content-type': 'application/json' };

const answerFailure: AnswerFailure = ({ code, message }, requestId, request) => ({
  status: 599,
  headers: { 'x-request-id': requestId },
  body: JSON.stringify([code, message, request?.path]),
});

function handlerOf(useCase: (request: HttpRequest) => HttpResponse) {
  const handler = middy()
    .use(awsGateway(answerFailure))
    .handler<GatewayEvent, APIGatewayProxyStructuredResultV2>(({ request }) => useCase(request));
  return (event: GatewayEvent | null) => handler(event!, { ...lambdaContext(), awsRequestId: 'r1' });
}

async function requestOf(event: GatewayEvent): Promise<HttpRequest> {
  let seen: HttpRequest | undefined;
  await handlerOf((request) => {
    seen = request;
    return ok;
  })(event);
  return seen!;
}

const resultOf = (response: HttpResponse) => handlerOf(() => response)(httpEvent('GET', '/'));

describe('the gateway middleware', () => {
  it('hands the use case an event as an HTTP request', async () => {
    const event = httpEvent('POST', '/a%20b?x=1&x=2', { Authorization: 'Bearer t', 'x-y': 'z' });
    expect(await requestOf({ ...event, body: 'é' })).toEqual({
      method: 'POST',
      path: '/a%20b',
      query: new URLSearchParams('x=1&x=2'),
      headers: { authorization: 'Bearer t', 'x-y': 'z' },
      body: Buffer.from('é'),
      iamPrincipal: undefined,
    });
  });

  it('decodes a body in base64, and takes none for an empty one', async () => {
    const event = httpEvent('POST', '/');
    const bytes = Buffer.from([0, 255, 128]);
    const encoded = { ...event, body: bytes.toString('base64'), isBase64Encoded: true };
    expect((await requestOf(encoded)).body).toEqual(bytes);
    expect((await requestOf(event)).body).toHaveLength(0);
  });

  it('hands on the principal that the IAM authorizer vouches for', async () => {
    const event = httpEvent('GET', '/');
    const authorizer = { iam: { userArn: 'arn:aws:iam::123456789012:user/a' } };
    const { iamPrincipal } = await requestOf({
      ...event,
      requestContext: { ...event.requestContext, authorizer },
    });
    expect(iamPrincipal).toBe(authorizer.iam.userArn);
  });

  it('gives a text as it is, JSON as text, and other bytes in base64', async () => {
    expect(await resultOf({ ...ok, status: 304, headers: { etag: '"1"' } })).toEqual({
      statusCode: 304,
      headers: { etag: '"1"' },
      body: '',
    });
    const body = Buffer.from('{"a":"é"}');
    expect(await resultOf({ status: 200, headers: json, body })).toEqual({
      statusCode: 200,
      headers: json,
      body: '{"a":"é"}',
      isBase64Encoded: false,
    });
    const gzip = { ...json, 'content-encoding': 'gzip' };
    for (const headers of [{ 'content-type': 'application/proto' }, gzip])
      expect(await resultOf({ status: 200, headers, body })).toEqual({
        statusCode: 200,
        headers,
        body: body.toString('base64'),
        isBase64Encoded: true,
      });
  });

  it.each([0.6, 0.7, 1])('gives a result that Lambda takes for %d of the largest body', async (share) => {
    const length = Math.floor(lambdaResponseSizeLimit * share) - 2;
    // In the JSON of a result each backslash and each quote takes two bytes.
    const body = Buffer.from(`"${'\\"'.repeat(length / 2)}"`);
    const result = await resultOf({ status: 200, headers: json, body });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(6 * 1024 * 1024);
    const sent = Buffer.from(result.body!, result.isBase64Encoded === true ? 'base64' : 'utf8');
    expect(sent.equals(body)).toBe(true);
  });

  it('answers an error with what it stands for, the request id of Lambda, and the request', async () => {
    const broken = handlerOf(() => {
      throw new Error('a bug');
    });
    expect(await broken(httpEvent('GET', '/path'))).toEqual({
      statusCode: 599,
      headers: { 'x-request-id': 'r1' },
      body: '["INTERNAL","internal error","/path"]',
    });
  });

  it('answers an error with a request id of its own if there is none of Lambda', async () => {
    const handler = middy()
      .use(awsGateway(answerFailure))
      .handler<GatewayEvent, object>(() => ok);
    const { headers } = (await handler({}, {} as Context)) as HttpResponse;
    expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
  });

  it.each<[string, object | null]>([
    ['nothing', {}],
    ['null', null],
    ['a warm-up', { source: 'serverless-plugin-warmup' }],
    ['an event of a schedule', { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }],
    [
      'a request of a load balancer',
      { httpMethod: 'GET', path: '/', headers: {}, requestContext: { elb: { targetGroupArn: 'arn' } } },
    ],
    [
      'payload format 1.0',
      { version: '1.0', httpMethod: 'GET', path: '/', headers: {}, requestContext: { stage: '$default' } },
    ],
  ])('says for %s which format it takes', async (_what, event) => {
    const { statusCode, body } = await handlerOf(() => ok)(event);
    expect(statusCode).toBe(599);
    expect(JSON.parse(body!)).toEqual([
      'INVALID_ARGUMENT',
      expect.stringMatching(/^event: has no requestContext\.http: it must be .* payload format 2\.0/),
      null,
    ]);
  });

  it('reads an event that has only a method', async () => {
    const event = { requestContext: { http: { method: 'GET' } } };
    expect(await requestOf(event)).toMatchObject({ method: 'GET', path: '', headers: {} });
  });
});
