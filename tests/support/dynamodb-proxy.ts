/** A loopback proxy in front of a DynamoDB engine, that can complete, lose, delay or refuse its answers. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from './dynamodb.ts';

/** One call as the proxy sees it. */
export interface Call {
  /** `PutItem` and the like. */
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Verdict = 'forward' | 'lose-answer' | 'throttle' | 'hang';

export interface Proxy extends Engine {
  /** Every call since the start, or since it was emptied. */
  readonly calls: Call[];
  /** Decides what becomes of each call, at once or later; forwards all unless set. */
  decide: (call: Call) => Verdict | Promise<Verdict>;
}

/**
 * Starts a proxy that completes a failed condition as DynamoDB documents it: with the item, where the call asks for it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
 */
export async function startProxy(engine: string): Promise<Proxy> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => {
      response.destroy();
    });
  });
  const proxy: Proxy = {
    endpoint: '',
    calls,
    decide: () => 'forward',
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const call: Call = { operation, body: JSON.parse(body.toString()) as Call['body'] };
    calls.push(call);
    const verdict = await proxy.decide(call);
    if (verdict === 'hang') return;
    if (verdict === 'throttle') {
      send(response, 400, {
        __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException',
        message: 'Rate exceeded',
      });
      return;
    }
    const forwarded = await forward(request, body, operation);
    const completed = await complete(request, call, forwarded);
    if (verdict === 'lose-answer') response.destroy();
    else send(response, forwarded.status, completed);
  }

  async function forward(request: IncomingMessage, body: Buffer | string, operation: string) {
    const headers = {
      authorization: request.headers.authorization ?? '',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-date': String(request.headers['x-amz-date']),
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    };
    const response = await fetch(engine, {
      method: 'POST',
      headers,
      body: new Uint8Array(Buffer.from(body)),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  }

  async function complete(
    request: IncomingMessage,
    { body }: Call,
    { status, json }: Awaited<ReturnType<typeof forward>>,
  ): Promise<Record<string, unknown>> {
    const failedCondition =
      status === 400 && String(json['__type']).endsWith('ConditionalCheckFailedException');
    if (!failedCondition || body['ReturnValuesOnConditionCheckFailure'] !== 'ALL_OLD') return json;
    const { job_id, part } = body['Item'] as Record<string, unknown>;
    const read = { TableName: body['TableName'], Key: { job_id, part }, ConsistentRead: true };
    const { json: found } = await forward(request, JSON.stringify(read), 'GetItem');
    return found['Item'] === undefined ? json : { ...json, Item: found['Item'] };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, { endpoint: `http://127.0.0.1:${port}` });
}

function send(response: ServerResponse, status: number, json: Readonly<Record<string, unknown>>): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(json));
}
