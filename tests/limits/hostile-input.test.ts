/** Input that is made to cost its reader much more than its sender, at every door of a process of its own. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditEvent } from '../support/audit-events.ts';
import { openDoors, type Doors, type Usage } from '../support/doors.ts';
import { encodeJobId, getPath, grpcMessage } from '../support/http2-frames.ts';
import { rawGrpcCall } from '../support/raw-grpc.ts';

const mebibyte = 1 << 20;
const longId = 'a'.repeat(mebibyte);
/** A length of 1 MiB in a varint. */
const longIdMessage = Buffer.concat([Buffer.from([0x0a, 0x80, 0x80, 0x40]), Buffer.from(longId)]);
const deepJson = '['.repeat(100_000) + ']'.repeat(100_000);
const allDeleted = (jobs: number): string =>
  JSON.stringify(
    auditEvent({ name: 'DeleteAllJobData', details: { job_ids: Array<string>(jobs).fill('a') } }),
  );
const deepObjects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
const deepGroups = Buffer.alloc(100_000, 0x0b);
/** A gibibyte of zeros, in 1 MiB: gzip takes one member after another. */
const bomb = Buffer.concat(
  Array.from({ length: 16 }, (_, __, one = gzipSync(Buffer.alloc(64 * mebibyte))) => one),
);
/** Sixteen mebibytes in what a message may have. */
const smallBomb = gzipSync(Buffer.alloc(16 * mebibyte - 4096));
const tinyMessages = Buffer.concat(
  Array.from({ length: 3200 }, () => grpcMessage(Buffer.alloc(0), { flags: 1 })),
);

let doors: Doors;

const post = async (contentType: string, body: Buffer | string, headers: Record<string, string> = {}) => {
  const response = await fetch(doors.httpUrl + getPath, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': contentType, ...headers },
  });
  const text = await response.text();
  return /"code":"(\w+)"/.exec(text)?.[1] ?? /grpc-status: (\d+)/.exec(decoded(text, contentType))?.[1];
};
const decoded = (text: string, contentType: string): string =>
  contentType.includes('text') ? Buffer.from(text, 'base64').toString() : text;
const grpc = async (body: Buffer, headers: Record<string, string> = {}) =>
  (await rawGrpcCall(doors.grpcPort, body, headers)).status;
const gzip = { 'grpc-encoding': 'gzip' };

const connectJson = 'application/json';
const connectProto = 'application/proto';
const web = 'application/grpc-web+proto';
const webText = 'application/grpc-web-text';
const [tooLarge, invalid] = ['resource_exhausted', 'INVALID_ARGUMENT'];

/** A job asked for over REST: the code, or OK, or the HTTP status where node:http answers instead. */
const rest = async (headers: readonly (readonly [string, string])[], query = '') => {
  const request = httpRequest(`${doors.httpUrl}/datasphere/v2/jobs/load-job${query}`, {
    headers: headers.flat(),
    setHost: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const code = /"code":\s*(\d+)/.exec(text)?.[1];
  return code ?? (response.statusCode === 200 ? 'OK' : `HTTP ${response.statusCode}`);
};
const host = ['host', 'localhost'] as const;
const header = (name: string, value: string) => rest([host, [name, value]]);
const mask = (text: string) => header('x-field-mask', text);
const grpcMask = (text: string) => grpc(grpcMessage(encodeJobId('load-job')), { 'x-field-mask': text });
const deepestPath = 'jobParameters.env.pythonEnv.localModules.desc.path';
const manyHeaders = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-h${index}`, 'a']));

/** Headers and field masks: huge counts, deep paths, odd characters, duplicates, and very long ones. */
const hostileHeaders: readonly (readonly [string, string, () => Promise<string | undefined>])[] = [
  ['a mask of 8,000 empty paths', '3', () => mask(','.repeat(8000))],
  ['a mask of 8,000 empty paths over native gRPC', '3', () => grpcMask(','.repeat(8000))],
  ['a mask of 8,000 empty paths in the query', '3', () => rest([host], `?fields=${','.repeat(8000)}`)],
  ['4,000 masks in the query', '3', () => rest([host], `?${'fields&'.repeat(2000)}`)],
  ['a mask of 12,000 characters', '3', () => mask('a'.repeat(12_000))],
  ['a mask of 12,000 characters over native gRPC', '3', () => grpcMask('a'.repeat(12_000))],
  ['a path of 4,000 names', '3', () => mask('a.'.repeat(4000))],
  ['a path of 4,000 dots', '3', () => mask('.'.repeat(4000))],
  ['a path that goes on below the last field', '3', () => mask(`${deepestPath}${'.path'.repeat(1000)}`)],
  ['a path that repeats itself', '3', () => grpcMask('jobParameters.'.repeat(500))],
  ['the longest path 128 times', 'OK', () => mask(Array(128).fill(deepestPath).join())],
  ['the longest path 128 times over native gRPC', '0', () => grpcMask(Array(128).fill(deepestPath).join())],
  ['127 times everything, and then nothing', '3', () => mask(`${'*,'.repeat(127)}nope`)],
  ...[
    '__proto__',
    'constructor.name',
    'status\u00ff',
    'sta\ttus',
    '%00',
    '"',
    '{}',
    '../id',
    'status;id',
  ].map((text) => [`the mask ${JSON.stringify(text)}`, '3', () => mask(text)] as const),
  [
    'a mask given 500 times',
    '3',
    () => rest([host, ...Array<[string, string]>(500).fill(['x-field-mask', 'id'])]),
  ],
  [
    'a mask given twice, which is one of two paths',
    'OK',
    () => rest([host, ['x-field-mask', 'id'], ['x-field-mask', 'status']]),
  ],
  ['a revision given twice', '3', () => rest([host, ['x-min-revision', '7'], ['x-min-revision', '7']])],
  ['a revision of 12,000 digits', '3', () => header('x-min-revision', '7'.repeat(12_000))],
  ['12,000 characters of consistency', '3', () => header('x-consistent-read', 'true'.repeat(3000))],
  ['a request id of 12,000 characters', 'OK', () => header('x-request-id', 'a'.repeat(12_000))],
  ['6,000 entity tags', 'OK', () => header('if-none-match', '"",'.repeat(4000))],
  ['4,000 encodings', 'OK', () => header('accept-encoding', 'a;q=0,'.repeat(2000))],
  ['an authorization of 12,000 spaces', 'OK', () => header('authorization', `Bearer${' '.repeat(12_000)}x`)],
  ['2,000 headers', 'HTTP 431', () => rest([host, ...Object.entries(manyHeaders(2000))])],
  ['headers of 20 KB', 'HTTP 431', () => header('x-long', 'a'.repeat(20_000))],
  [
    'a timeout of 12,000 digits over Connect',
    'invalid_argument',
    () => post(connectJson, '{"jobId":"load-job"}', { 'connect-timeout-ms': '9'.repeat(12_000) }),
  ],
  [
    'a content type of 12,000 characters',
    'invalid_argument',
    () => post(`application/jsn${';a=b'.repeat(3000)}`, '{}'),
  ],
  [
    'a timeout of 12,000 digits over native gRPC',
    '3',
    () => grpc(grpcMessage(encodeJobId('load-job')), { 'grpc-timeout': `${'9'.repeat(12_000)}S` }),
  ],
  [
    'metadata of 20 KB over native gRPC',
    '8',
    () => grpc(grpcMessage(encodeJobId('load-job')), { 'x-long': 'a'.repeat(20_000) }),
  ],
  ['500 headers over native gRPC', '8', () => grpc(grpcMessage(encodeJobId('load-job')), manyHeaders(500))],
  [
    'binary metadata that is none',
    '0',
    () => grpc(grpcMessage(encodeJobId('load-job')), { 'x-odd-bin': '%%%' }),
  ],
];

const inputs: readonly (readonly [string, string, () => Promise<string | undefined>])[] = [
  [
    'an id of 1 MiB over Connect in JSON',
    tooLarge,
    () => post(connectJson, JSON.stringify({ jobId: longId })),
  ],
  ['an id of 1 MiB over Connect in binary', tooLarge, () => post(connectProto, longIdMessage)],
  ['an id of 1 MiB over gRPC-Web', '8', () => post(web, grpcMessage(longIdMessage))],
  [
    'an id of 1 MiB over gRPC-Web text',
    '8',
    () => post(webText, grpcMessage(longIdMessage).toString('base64')),
  ],
  ['an id of 1 MiB over native gRPC', '8', () => grpc(grpcMessage(longIdMessage))],
  ['an id of 1 MiB in an event', invalid, () => doors.event(`{"jobId":"${longId.slice(100)}","deleted":{}}`)],
  ['JSON of 100,000 levels over Connect', tooLarge, () => post(connectJson, deepJson)],
  ['arrays of 100,000 levels in an event', invalid, () => doors.event(`{"x":${deepJson}}`)],
  ['objects of 100,000 levels in an event', invalid, () => doors.event(deepObjects)],
  ['groups of 100,000 levels over Connect', tooLarge, () => post(connectProto, deepGroups)],
  ['groups of 16,000 levels over native gRPC', '3', () => grpc(grpcMessage(deepGroups.subarray(0, 16_000)))],
  ['a gzip bomb over Connect', tooLarge, () => post(connectProto, bomb, { 'content-encoding': 'gzip' })],
  ['a gzip bomb over gRPC-Web', '8', () => post(web, grpcMessage(bomb, { flags: 1 }), gzip)],
  ['a gzip bomb over native gRPC', '8', () => grpc(grpcMessage(bomb, { flags: 1 }), gzip)],
  [
    'a gzip bomb that fits in a message of native gRPC',
    '8',
    () => grpc(grpcMessage(smallBomb.subarray(0, 16_000), { flags: 1 }), gzip),
  ],
  ['a gzip bomb in an event', invalid, () => doors.event(bomb.toString('base64').slice(0, mebibyte - 1))],
  ['a list of 300,000 things for events', invalid, () => doors.event(`[${'{},'.repeat(300_000)}{}]`)],
  ['300,000 lines of nothing for events', invalid, () => doors.event('{}\n'.repeat(300_000))],
  ['as many wrong events as may be', invalid, () => doors.event(`[${'{},'.repeat(1999)}{}]`)],
  ['a list of 200,000 jobs in an event', invalid, () => doors.event(allDeleted(200_000))],
  [
    'thousands of compressed messages in a call, in four calls',
    '8,8,8,8',
    async () => (await Promise.all([1, 2, 3, 4].map(() => grpc(tinyMessages, gzip)))).join(),
  ],
  ['thousands of padded pieces in gRPC-Web text', '8', () => post(webText, 'AA=='.repeat(mebibyte / 4))],
];

beforeAll(async () => {
  doors = await openDoors();
  // What is compiled and allocated by the first request is nobody's attack.
  for (let round = 0; round < 20; round++) {
    await post(connectJson, '{"jobId":""}');
    await post(webText, 'x'.repeat(6000));
    await grpc(grpcMessage(gzipSync(Buffer.from([0x0a, 0])), { flags: 1 }), gzip);
    await doors.event('{"jobId":""}');
    await mask(`id,${deepestPath}`);
    await grpcMask('id,nope');
  }
});
afterAll(() => doors.stop());

describe('hostile input', () => {
  it.each([...inputs, ...hostileHeaders])(
    'costs little and gets the documented answer: %s',
    async (_, code, send) => {
      const before: Usage = await doors.usage();
      expect(await send()).toBe(code);
      const after: Usage = await doors.usage();
      // CPU time and not the clock, so that others on the machine cannot make it fail.
      expect(after.cpuMs - before.cpuMs).toBeLessThan(50);
      expect(after.peakBytes - before.peakBytes).toBeLessThan(64 * mebibyte);
    },
  );
});
