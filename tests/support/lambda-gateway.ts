/** A real HTTP server in front of the HTTP handler, which hands it requests as API Gateway's HTTP API does. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { awsGateway, type GatewayEvent } from '../../lib/adapter/aws-gateway.ts';
import { answerFailure, type HttpHandler } from '../../lib/protocol/http/http-handler.ts';
import { httpEvent, lambdaContext } from './functions.ts';
import { httpHandler, type HttpOptions } from './protocols.ts';

export interface Gateway {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * @param authorizer what an authorizer of API Gateway says of the caller, as it stands in the event; none where undefined
 */
export function startGateway(options: HttpOptions, authorizer?: object): Promise<Gateway> {
  return startHttpServer(httpHandler(options), authorizer);
}

export async function startHttpServer(handle: HttpHandler, authorizer?: object): Promise<Gateway> {
  const lambda = middy()
    .use(awsGateway(answerFailure))
    .handler<GatewayEvent, APIGatewayProxyStructuredResultV2>(({ request }) => handle(request));
  const server = createServer((request, response) => {
    void (async () => {
      const {
        statusCode,
        headers,
        body = '',
        isBase64Encoded,
      } = await lambda(authorized(await toEvent(request), authorizer), lambdaContext());
      response.writeHead(statusCode ?? 500, headers as Record<string, string>);
      response.end(Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function authorized(event: APIGatewayProxyEventV2, authorizer: object | undefined): APIGatewayProxyEventV2 {
  if (authorizer === undefined) return event;
  return { ...event, requestContext: Object.assign(event.requestContext, { authorizer }) };
}

async function toEvent(request: IncomingMessage): Promise<APIGatewayProxyEventV2> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const event = httpEvent(request.method ?? '', request.url ?? '', headers);
  const body = Buffer.concat(chunks);
  return body.length === 0 ? event : { ...event, body: body.toString('base64'), isBase64Encoded: true };
}
