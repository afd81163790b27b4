/** Input that is made to cost its reader much more than its sender, at every door of a process of its own. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditEvent } from '../support/audit-events.ts';
import { openDoors, type Doors, type Usage } from '../support/doors.ts';
import { getPath, grpcMessage } from '../support/http2-frames.ts';
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
  }
});
afterAll(() => doors.stop());

describe('hostile input', () => {
  it.each(inputs)('is refused: %s', async (_, code, send) => {
    const before: Usage = await doors.usage();
    expect(await send()).toBe(code);
    const after: Usage = await doors.usage();
    // CPU time and not the clock, so that others on the machine cannot make it fail.
    expect(after.cpuMs - before.cpuMs).toBeLessThan(50);
    expect(after.peakBytes - before.peakBytes).toBeLessThan(64 * mebibyte);
  });
});
