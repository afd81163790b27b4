import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { jobIds, startService, storedJobs, type TestService } from '../support/service.ts';

const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
const message = Buffer.concat([Buffer.from([0x0a, jobIds.plain.length]), Buffer.from(jobIds.plain)]);

let service: TestService;
let gateway: Gateway;

beforeAll(async () => {
  service = await startService();
  gateway = await startGateway(service.parts);
});
afterAll(async () => {
  await gateway.stop();
  await service.stop();
});

const post = (
  contentType: string | undefined,
  body: Buffer | string,
  headers: Record<string, string> = {},
  at = path,
) =>
  fetch(gateway.url + at, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
    signal: AbortSignal.timeout(10_000),
  });

function frame(payload: Buffer, { flags = 0, length = payload.length } = {}): Buffer {
  const header = Buffer.alloc(5);
  header[0] = flags;
  header.writeUInt32BE(length, 1);
  return Buffer.concat([header, payload]);
}

/** The trailers of a gRPC-Web answer that has nothing else. */
async function trailersOf(response: Response): Promise<Readonly<Record<string, string>>> {
  const isText = response.headers.get('content-type')!.includes('-text');
  const bytes = isText
    ? Buffer.from(await response.text(), 'base64')
    : Buffer.from(await response.arrayBuffer());
  expect([response.status, bytes[0], bytes.readUInt32BE(1)]).toEqual([200, 0x80, bytes.length - 5]);
  const lines = bytes.subarray(5).toString().trimEnd().split('\r\n');
  return Object.fromEntries(
    lines.map((line): [string, string] => [line.split(': ')[0]!, line.split(': ')[1]!]),
  );
}

describe('Connect', () => {
  it.each([
    ['malformed protobuf', 'application/proto', Buffer.from([0x0a, 9, 0x61]), {}, 400, 'invalid_argument'],
    ['malformed JSON', 'application/json', '{"jobId":', {}, 400, 'invalid_argument'],
    ['JSON that is no object', 'application/json', '["x"]', {}, 400, 'invalid_argument'],
    ['a job id that is no string', 'application/json', '{"jobId":5}', {}, 400, 'invalid_argument'],
    ['an unknown field', 'application/json', '{"jobId":"a","x":1}', {}, 400, 'invalid_argument'],
    ['JSON nested without end', 'application/json', '['.repeat(4000), {}, 400, 'invalid_argument'],
    [
      'a body over the limit',
      'application/json',
      JSON.stringify({ jobId: 'a'.repeat(1 << 20) }),
      {},
      429,
      'resource_exhausted',
    ],
    [
      'a compressed body',
      'application/json',
      gzipSync('{"jobId":"a"}'),
      { 'content-encoding': 'gzip' },
      501,
      'unimplemented',
    ],
    [
      'another version of the protocol',
      'application/json',
      '{"jobId":"a"}',
      { 'connect-protocol-version': '2' },
      400,
      'invalid_argument',
    ],
    [
      'a timeout that is none',
      'application/json',
      '{"jobId":"a"}',
      { 'connect-timeout-ms': 'soon' },
      400,
      'invalid_argument',
    ],
    ['another content type', 'text/plain', 'x', {}, 415, 'invalid_argument'],
    ['no content type', undefined, '', {}, 415, 'invalid_argument'],
    ['native gRPC on the HTTP port', 'application/grpc', frame(message), {}, 415, 'invalid_argument'],
  ])('answers %s with its documented error', async (_, contentType, body, headers, status, code) => {
    const response = await post(contentType, body, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({
      code,
      message: expect.any(String) as unknown,
      details: [
        { type: 'google.rpc.RequestInfo' },
        { type: 'google.rpc.ErrorInfo' },
        ...(code === 'invalid_argument' ? [{ type: 'google.rpc.BadRequest' }] : []),
      ],
    });
    expect((await post('application/json', JSON.stringify({ jobId: jobIds.plain }))).status).toBe(200);
  });

  it('names the content types that it takes', async () => {
    expect((await post('text/plain', 'x')).headers.get('accept-post')).toContain(
      'application/proto, application/json',
    );
  });

  it.each([
    ['no message', '?encoding=json', 'message: is missing'],
    ['no encoding', '?message=%7B%7D', 'encoding: must be json or proto'],
    ['an encoding of Object.prototype', '?encoding=constructor&message=x', 'encoding: must be json or proto'],
    ['another version', '?connect=v2&encoding=json&message=%7B%7D', 'connect: must be v1'],
    [
      'compression',
      '?encoding=json&compression=gzip&message=x',
      'compression: requests must not be compressed',
    ],
    ['base64 that is none', '?encoding=proto&base64=1&message=Cgk', 'body: is not an encoded'],
  ])('answers a GET with %s', async (_, query, text) => {
    const response = await fetch(gateway.url + path + query);
    expect(response.ok).toBe(false);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining(text) as unknown });
  });

  it('keeps answers to GET out of every cache', async () => {
    const response = await fetch(
      `${gateway.url}${path}?encoding=json&message=%7B%22jobId%22:%22plain-job%22%7D`,
    );
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('answers a good GET with the stored bytes', async () => {
    const query = `?connect=v1&encoding=proto&base64=1&message=${message.toString('base64url')}`;
    const response = await fetch(gateway.url + path + query);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(storedJobs[jobIds.plain]!));
  });

  it('has no other methods', async () => {
    const response = await post('application/json', '{}', {}, path.replace('Get', 'List'));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      501,
      'unimplemented',
    ]);
    const put = await fetch(gateway.url + path, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});

describe('gRPC-Web', () => {
  const type = 'application/grpc-web+proto';
  it.each([
    ['malformed protobuf', type, frame(Buffer.from([0x0a, 9, 0x61])), {}, '3'],
    ['nothing', type, Buffer.alloc(0), {}, '3'],
    ['half a header', type, Buffer.alloc(3), {}, '3'],
    ['a frame that says too much', type, frame(message, { length: 500 }), {}, '3'],
    ['a frame that says four gigabytes', type, frame(message, { length: 0xffffffff }), {}, '3'],
    ['a frame that says too little', type, frame(message, { length: 2 }), {}, '3'],
    ['two messages', type, Buffer.concat([frame(message), frame(message)]), {}, '3'],
    ['trailers instead of a message', type, frame(message, { flags: 0x80 }), {}, '3'],
    ['a compressed frame', type, frame(gzipSync(message), { flags: 1 }), { 'grpc-encoding': 'gzip' }, '12'],
    ['a message over the limit', type, frame(Buffer.alloc(100_000)), {}, '8'],
    ['a timeout that is none', type, frame(message), { 'grpc-timeout': '5 minutes' }, '3'],
    ['text that is no base64', 'application/grpc-web-text', '%%%', {}, '3'],
    ['binary sent as text', 'application/grpc-web-text', frame(message), {}, '3'],
  ])('answers %s with its documented error', async (_, contentType, body, headers, status) => {
    const response = await post(contentType, body, headers);
    expect(response.headers.get('content-type')).toBe(contentType);
    const trailers = await trailersOf(response);
    expect(trailers['grpc-status']).toBe(status);
    expect(decodeURIComponent(trailers['grpc-message']!)).not.toBe('');
    expect(trailers).toHaveProperty('grpc-status-details-bin');
    expect((await post(type, frame(message))).headers.get('x-job-revision')).toBe('7');
  });

  it('reads text in several padded pieces, and answers with the stored bytes between frames', async () => {
    const whole = frame(message);
    const text = whole.subarray(0, 4).toString('base64') + whole.subarray(4).toString('base64');
    const response = await post('application/grpc-web-text+proto', text);
    const answer = Buffer.from(await response.text(), 'base64');
    const job = Buffer.from(storedJobs[jobIds.plain]!);
    const trailers = Buffer.from('grpc-status: 0\r\n');
    expect(answer).toEqual(Buffer.concat([frame(job), frame(trailers, { flags: 0x80 })]));
  });

  it('has no other methods', async () => {
    const trailers = await trailersOf(await post(type, frame(message), {}, path.replace('Get', 'List')));
    expect(trailers['grpc-status']).toBe('12');
  });
});
