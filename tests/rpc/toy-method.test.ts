/** Methods that are no part of the product, each one file, over every protocol, by clients that nobody here wrote. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerCredentials } from '@grpc/grpc-js';
import * as grpc from '@grpc/grpc-js';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { type DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type CallOptions, type Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createGrpcServer, type GrpcServer } from '../../lib/protocol/grpc/server.ts';
import { createHttpHandler } from '../../lib/protocol/http/http-handler.ts';
import { httpStreams } from '../../lib/protocol/http/streams.ts';
import { createAdmission } from '../../lib/reading/admission.ts';
import { startHttpServer, type Gateway } from '../support/lambda-gateway.ts';
import { startStreamingGateway } from '../support/streaming-gateway.ts';
import { countDown, counted, counter } from './count-down.ts';
import { greet, greeter } from './greet.ts';

const methods = [greet, countDown];
const lines: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
const deps = {
  methods,
  admission: createAdmission(),
  challenge: undefined,
  log: (_level: string, message: string, fields = {}) => void lines.push({ message, fields }),
};

let gateway: Gateway;
let buffering: Gateway;
let server: GrpcServer;
let port: number;

beforeAll(async () => {
  gateway = await startStreamingGateway(createHttpHandler({ ...deps, streams: httpStreams }));
  buffering = await startHttpServer(createHttpHandler(deps));
  server = createGrpcServer(deps);
  port = await server.start('127.0.0.1', 0, ServerCredentials.createInsecure());
});
afterAll(async () => {
  await gateway.stop();
  await buffering.stop();
  await server.stop(100);
});

let ids = 0;

/** A header that names a call, and the line that is logged of it. */
function namedCall() {
  const requestId = `call-${ids++}`;
  const find = () => lines.filter(({ fields }) => fields['requestId'] === requestId);
  return {
    headers: { 'x-request-id': requestId },
    logged: async () => {
      await eventually(() => find().length > 0);
      expect(find()).toHaveLength(1);
      return find()[0];
    },
  };
}

async function eventually(isSo: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; !isSo() && Date.now() < endMs;) await sleep(10);
  expect(isSo()).toBe(true);
}

interface ToyClient {
  greet(request: object, options?: CallOptions): Promise<{ readonly text: string; readonly times: bigint }>;
  countDown(request: object, options?: CallOptions): AsyncIterable<{ readonly left: bigint }>;
}

const clientOf = (service: DescService, transport: Transport): ToyClient =>
  createClient(service, transport) as unknown as ToyClient;

const http1 = () => ({ baseUrl: gateway.url, httpVersion: '1.1' as const });
const transports: Readonly<Record<string, () => Transport>> = {
  'native gRPC': () => createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }),
  'gRPC-Web in binary': () => createGrpcWebTransport({ ...http1(), useBinaryFormat: true }),
  'gRPC-Web in JSON': () => createGrpcWebTransport({ ...http1(), useBinaryFormat: false }),
  'Connect in binary': () => createConnectTransport({ ...http1(), useBinaryFormat: true }),
  'Connect in JSON': () => createConnectTransport({ ...http1(), useBinaryFormat: false }),
  'Connect with GET in binary': () =>
    createConnectTransport({ ...http1(), useHttpGet: true, useBinaryFormat: true }),
  'Connect with GET in JSON': () =>
    createConnectTransport({ ...http1(), useHttpGet: true, useBinaryFormat: false }),
};

/** The service with its methods marked as reading only: only so does Connect use its GET form. */
function safe(service: DescService): DescService {
  const idempotency = MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  const marked = service.methods.map((method) => ({ ...method, idempotency }));
  const method = Object.fromEntries(marked.map((one) => [one.localName, one]));
  return { ...service, methods: marked, method };
}

const request = {
  name: 'Ada',
  titles: ['Countess', 'of Lovelace'],
  times: 3n,
  tone: 1,
  labels: { in: 'London' },
  loud: false,
};
const text = 'Dear Countess of Lovelace Ada in London';

describe.each(Object.entries(transports))('a toy unary method over %s', (_, transport) => {
  it('gets its whole request, and is answered and logged', async () => {
    let greeted: string | null = null;
    const onHeader = (headers: Headers): void => {
      greeted = headers.get('x-greeted');
    };
    const answer = await clientOf(safe(greeter), transport()).greet(request, { onHeader });
    expect([answer.text, answer.times, greeted]).toEqual([text, 3n, 'Ada']);
  });

  it('fails with its own code and message, and with what is known of the request in the log', async () => {
    const { headers, logged } = namedCall();
    const failed = clientOf(safe(greeter), transport()).greet({ name: 'nobody' }, { headers });
    const error = ConnectError.from(
      await failed.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    );
    expect([error.code, error.rawMessage]).toEqual([Code.NotFound, 'there is nobody to greet']);
    expect(await logged()).toMatchObject({
      message: 'greet',
      fields: { code: 'NOT_FOUND', greeted: 'nobody' },
    });
  });
});

describe('a toy unary method over REST', () => {
  const path = '/toy/greetings/Ada';
  const query = '?titles=Countess,of%20Lovelace&times=3&tone=WARM&loud=false';

  it('gets its request from the path and the query, and is answered and logged', async () => {
    const { headers, logged } = namedCall();
    const response = await fetch(gateway.url + path + query, { headers });
    expect(response.headers.get('x-greeted')).toBe('Ada');
    expect(await response.json()).toEqual({ text: 'Dear Countess of Lovelace Ada', times: '3' });
    expect(await logged()).toMatchObject({
      message: 'greet',
      fields: { code: 'OK', greeted: 'Ada', words: 4, status: 200 },
    });
  });

  it('is not sent again to those who have it, and in part to those who want a part', async () => {
    const same = await fetch(gateway.url + path, { headers: { 'if-none-match': '"Ada"' } });
    expect(same.status).toBe(304);
    const part = await fetch(`${gateway.url + path}?fields=text,nope`);
    expect(await part.json()).toMatchObject({
      code: 3,
      message: expect.stringContaining('Greeting has no field "nope"') as unknown,
    });
  });

  it.each([
    ['?times=many', 'times: must be an integer of 64 bits'],
    ['?times=9223372036854775808', 'times: must be an integer of 64 bits'],
    ['?loud=yes', 'loud: must be true or false'],
    ['?tone=COLD', 'tone: must be one of TONE_UNSPECIFIED, WARM'],
  ])('refuses %s, saying what would be right', async (bad, message) => {
    const response = await fetch(gateway.url + path + bad);
    expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([
      400,
      message,
    ]);
  });
});

describe('a toy unary method in JSON', () => {
  it.each([
    ['{"name":"A","nmae":"B"}', 'body: has a field other than name, titles, times, tone, labels, loud'],
    ['{"name":1}', 'name: must be a string'],
    ['{"titles":"A"}', 'titles: must be a list'],
    ['{"titles":[1]}', 'titles: must be a string'],
    ['{"times":1.5}', 'times: must be an integer of 64 bits'],
    ['{"tone":"COLD"}', 'tone: must be one of TONE_UNSPECIFIED, WARM'],
    ['{"labels":{"a":1}}', 'labels: must be an object of strings'],
    ['[]', 'body: must be a JSON object such as {"name":"…"}'],
  ])('refuses %s, saying what would be right', async (body, message) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}/toy.v1.Greeter/Greet`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ code: 'invalid_argument', message });
  });
});

const streaming = Object.entries(transports).filter(([name]) => !name.includes('GET'));

describe.each(streaming)('a toy stream over %s', (_, transport) => {
  const countFrom = async (asked: object, options?: CallOptions) => {
    const received: bigint[] = [];
    let error: ConnectError | undefined;
    try {
      for await (const { left } of clientOf(counter, transport()).countDown(asked, options))
        received.push(left);
    } catch (reason) {
      error = ConnectError.from(reason);
    }
    return { received, code: error && Code[error.code], message: error?.rawMessage };
  };

  it('comes whole, and is logged when it has ended', async () => {
    const { headers, logged } = namedCall();
    expect(await countFrom({ from: 3n }, { headers })).toEqual({ received: [3n, 2n, 1n] });
    expect(await logged()).toMatchObject({ message: 'countdown', fields: { code: 'OK', messages: 3 } });
  });

  it('is refused like any other call', async () => {
    expect(await countFrom({ from: 0n })).toEqual({
      received: [],
      code: 'InvalidArgument',
      message: 'from: must be at least 1',
    });
  });

  it('says what went wrong after some messages', async () => {
    expect(await countFrom({ from: 3n, fail: true })).toEqual({
      received: [3n],
      code: 'Unavailable',
      message: 'the count is lost',
    });
  });

  it('ends when its deadline passes', async () => {
    const { received, code } = await countFrom({ from: 3n, stall: true }, { timeoutMs: 1000 });
    expect([received, code]).toEqual([[3n], 'DeadlineExceeded']);
  });

  it('ends when its caller goes away', async () => {
    const ends = counted.ends;
    const leaving = new AbortController();
    const { headers, logged } = namedCall();
    const asked = clientOf(counter, transport()).countDown(
      { from: 3n, stall: true },
      { signal: leaving.signal, headers },
    );
    await expect(
      (async () => {
        for await (const { left } of asked) if (left === 3n) leaving.abort();
      })(),
    ).rejects.toThrow();
    expect(await logged()).toMatchObject({
      message: 'countdown',
      fields: { code: 'CANCELLED', messages: 1 },
    });
    await eventually(() => counted.ends > ends);
  });
});

describe('a toy stream over REST', () => {
  it('comes as server-sent events, each with its id', async () => {
    const { headers, logged } = namedCall();
    const response = await fetch(`${gateway.url}/toy:countDown?from=2`, { headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await response.text()).toBe('id: 2\ndata: {"left":"2"}\n\nid: 1\ndata: {"left":"1"}\n\n');
    expect(await logged()).toMatchObject({
      message: 'countdown',
      fields: { code: 'OK', status: 200, messages: 2 },
    });
  });

  it('is refused as every REST call is, and says what went wrong later in an event', async () => {
    const refused = await fetch(`${gateway.url}/toy:countDown?from=0`);
    expect([refused.status, await refused.json()]).toMatchObject([400, { code: 3 }]);
    const broken = await (await fetch(`${gateway.url}/toy:countDown?from=2&fail=true`)).text();
    expect(broken).toMatch(
      /^id: 2\ndata: {"left":"2"}\n\nevent: error\ndata: {"code":14,"message":"the count is lost"/,
    );
  });

  it('is not to be had where answers are sent whole', async () => {
    const rest = await fetch(`${buffering.url}/toy:countDown?from=2`);
    expect([rest.status, await rest.json()]).toMatchObject([501, { code: 12 }]);
    const unary = await fetch(`${buffering.url}/toy/greetings/Ada`);
    expect(await unary.json()).toEqual({ text: 'Hello Ada' });
  });
});

describe('a toy stream over grpc-js', () => {
  const open = () => {
    const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const asItIs = (bytes: Buffer): Buffer => bytes;
    const path = '/toy.v1.Counter/CountDown';
    // from: 2000, large: true
    const stream = client.makeServerStreamRequest(
      path,
      asItIs,
      asItIs,
      Buffer.from([8, 0xd0, 0x0f, 0x20, 1]),
    );
    return { client, stream };
  };

  it('is made no faster than its caller takes it', async () => {
    const { counts } = counted;
    const { client, stream } = open();
    stream.on('error', () => undefined);
    // Before its caller has begun to read, grpc-js takes all that comes, and keeps it.
    stream.once('data', () => stream.pause());
    await sleep(500);
    // 100 KB each: what the windows and buffers hold, and no more.
    expect(counted.counts - counts).toBeGreaterThan(0);
    expect(counted.counts - counts).toBeLessThan(100);
    stream.cancel();
    client.close();
  });
});
