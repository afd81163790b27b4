/** A table behind an endpoint with a path, as YDB's Document API has it, for signed requests and for bearer tokens. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { localAws } from '../../infra/local/credentials.ts';
import { createDynamoDbClient, type DynamoDbConnections } from '../../lib/dynamodb/client/client.ts';
import { key } from '../../lib/dynamodb/head-item.ts';
import { createDynamoDbJobStore } from '../../lib/dynamodb/job-store.ts';
import { sameDocument } from '../../lib/job/merge.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { incompressible } from '../support/documents.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';

/** With a character that is encoded already, and one that only a signature encodes. */
const path = "/ru-central1/b1g%20cloud/etn'db";
/** The path of requests: the SDK adds the slash. */
const requestPath = `${path}/`;

let engine: Engine;
let table: TestTable;
let endpoint: Server;
let client: DynamoDbConnections | undefined;
/** Decides whether a request may pass. */
let admit: (request: IncomingMessage, body: Buffer) => boolean | Promise<boolean>;

beforeAll(async () => {
  engine = await startDynalite();
  table = await createTable(engine.endpoint);
  endpoint = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
});
afterEach(() => client?.destroy());
afterAll(async () => {
  endpoint.closeAllConnections();
  await new Promise((resolve) => endpoint.close(resolve));
  await table.drop();
  await engine.stop();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (request.url !== requestPath) return void response.writeHead(404).end();
  if (!(await admit(request, body))) {
    return void response.writeHead(400).end('{"__type":"x#UnrecognizedClientException","message":"refused"}');
  }
  // dynalite wants to see a signature, and does not check it.
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': String(request.headers['x-amz-target']),
    'x-amz-date': '20261123T120000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=a/20261123/r/dynamodb/aws4_request, SignedHeaders=host, Signature=s',
  };
  const answered = await fetch(engine.endpoint, { method: 'POST', headers, body: new Uint8Array(body) });
  response.writeHead(answered.status).end(Buffer.from(await answered.arrayBuffer()));
}

/** A client as the functions make it, from the environment. */
function connect(environment: NodeJS.ProcessEnv, bearerToken?: () => Promise<string>): DynamoDbConnections {
  const { port } = endpoint.address() as AddressInfo;
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  process.env = Object.assign(Object.fromEntries(others), environment, {
    AWS_REGION: localAws.region,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}${path}`,
  });
  client = createDynamoDbClient(bearerToken && { bearerToken });
  return client;
}

/** Writes a document, and reads it back. */
async function roundTrip(connections: DynamoDbConnections, size: number): Promise<void> {
  const store = createDynamoDbJobStore({
    client: connections,
    table: table.table,
    tombstoneDays: 30,
    limits: { headBytes: 1500, partBytes: 1000, documentBytes: 8000 },
    log: () => undefined,
  });
  const jobId = crypto.randomUUID();
  const document = incompressible(size, 1);
  const deadline = new Deadline(20_000);
  await store.put(jobId, document, { expect: 'nothing-newer', deadline });
  const stored = await store.get(jobId, { consistent: true, deadline });
  expect(sameDocument(stored!.document, document)).toBe(true);
}

const keys = {
  AWS_ACCESS_KEY_ID: localAws.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: localAws.credentials.secretAccessKey,
};

describe('the client of an endpoint with a path', () => {
  it('signs requests to an endpoint with a path as the SDK’s own signer does', async () => {
    const { config } = new DynamoDBClient(localAws);
    const signer = await config.signer({ name: 'sigv4', signingName: 'dynamodb' } as never);
    let checked = 0;
    admit = async ({ headers }, body) => {
      const signed = ['content-type', 'host', 'x-amz-target'].map((name) => [name, String(headers[name])]);
      const request = {
        method: 'POST',
        path: requestPath,
        query: {},
        headers: Object.fromEntries(signed) as object,
        body,
      };
      const time = String(headers['x-amz-date']);
      const signingDate = new Date(time.replace(/^(.{4})(..)(..T..)(..)/, '$1-$2-$3:$4:'));
      const expected = await signer.sign(request as never, { signingDate });
      checked++;
      return expected.headers['authorization'] === headers.authorization;
    };
    await roundTrip(connect(keys), 1900);
    // Three parts and the head are written and read, and a query looks for abandoned parts.
    expect(checked).toBe(9);
  });

  it('sends requests to the path that the SDK’s own client sends them to', async () => {
    admit = () => true;
    connect(keys);
    const theirs = new DynamoDBClient({ ...localAws, endpoint: process.env['AWS_ENDPOINT_URL_DYNAMODB']! });
    const get = () => new GetItemCommand({ TableName: table.table, Key: key('j1', 'head') });
    expect(await theirs.send(get())).toMatchObject({ $metadata: { httpStatusCode: 200 } });
    expect(await client!.send(get())).not.toHaveProperty('Item');
    theirs.destroy();
  });

  it('sends the bearer token that is good at the time, and no signature', async () => {
    let token = 'token-1';
    const seen: string[] = [];
    admit = ({ headers }) => {
      seen.push(String(headers.authorization));
      const awsHeaders = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
      return headers.authorization === `Bearer ${token}` && awsHeaders.join() === 'x-amz-target';
    };
    const connections = connect({}, () => Promise.resolve(token));
    await roundTrip(connections, 10);
    token = 'token-2';
    await roundTrip(connections, 10);
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
  });

  it('tries a bearer token that the endpoint refuses only once', async () => {
    let attempts = 0;
    admit = () => {
      attempts++;
      return false;
    };
    await expect(
      roundTrip(
        connect({}, () => Promise.resolve('wrong')),
        10,
      ),
    ).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    expect(attempts).toBe(1);
  });
});
