/** docs/limits.md against the code. What is beyond the limits of native gRPC is in grpc-limits.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import {
  auditEventsLimit,
  eventSizeLimit,
  jsonCountLimit,
  jsonDepthLimit,
  noticesLimit,
} from '../../lib/events/limits.ts';
import { parseMessage } from '../../lib/events/message.ts';
import { fieldMaskPathLimit, fieldMaskTextLimit } from '../../lib/protobuf/field-mask.ts';
import { jobIdMaxLength } from '../../lib/job/job-id.ts';
import { jobType } from '../../lib/job/job-type.ts';
import type { Message } from '../../lib/protobuf/schema.ts';
import { splitFields } from '../../lib/protobuf/wire.ts';
import { channelOptions, defaultGrpcLimits } from '../../lib/protocol/grpc/limits.ts';
import { lambdaResponseSizeLimit } from '../../lib/adapter/aws-gateway.ts';
import type { HttpRequest } from '../../lib/protocol/http/http-message.ts';
import { httpBodySizeLimit, longestCallMs } from '../../lib/protocol/limits.ts';
import { callLimit } from '../../lib/reading/admission.ts';
import { requestSizeLimit } from '../../lib/rpc/request-size.ts';
import type { JobReader } from '../../lib/store/job-store.ts';
import { createReadThrough } from '../../lib/reading/read-through.ts';
import { answerSizeLimit } from '../../lib/dynamodb/client/transport.ts';
import * as upstreamLimits from '../../lib/upstream/limits.ts';
import { dynamoDbSizeLimits } from '../../lib/dynamodb/size-limits.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { auditEvent } from '../support/audit-events.ts';
import { jobBytes } from '../support/documents.ts';
import { getPath } from '../support/http2-frames.ts';
import { httpHandler, type HttpOptions } from '../support/protocols.ts';

/** A line of the table: the limit, its value, and what happens beyond it. */
type Row = readonly [string, string, string];

const page = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8');
const rows = [...page.matchAll(/^\| (.+?) +\| (.*?) +\| (.*?) +\|$/gm)]
  .map(([, limit, value, beyond]): Row => [limit!, value!, beyond!])
  .filter(
    ([limit, value]) =>
      value !== '' && limit !== 'limit' && !limit.startsWith('-') && !limit.startsWith('target'),
  );

const stored = {
  document: snapshotDocument(jobBytes({ id: 'a' }), 7n),
  syncedAt: new Date(0),
  generation: '1',
};
const parts = {
  store: { get: () => Promise.resolve(stored) },
  authenticator: openDoor,
  log: () => undefined,
};

/** What the HTTP handler answers: its code, and whether it says when to try again. */
async function send(request: Partial<HttpRequest>, options: Partial<HttpOptions> = {}) {
  const { body } = await httpHandler({ ...parts, ...options })({
    method: 'POST',
    path: getPath,
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json', ...request.headers },
    body: Buffer.from('{"jobId":"a"}'),
    ...request,
  });
  return /"code":"(\w+)"/.exec(String(body))?.[1]?.toUpperCase() ?? 'OK';
}

const withHeader = (name: string, value: string) =>
  send({ headers: { 'content-type': 'application/json', [name]: value } });
const withRequestId = async (length: number): Promise<string> => {
  const id = 'r'.repeat(length);
  const request = { method: 'GET', path: '/', query: new URLSearchParams(), body: Buffer.alloc(0) };
  const { headers } = await httpHandler(parts)({ ...request, headers: { 'x-request-id': id } });
  return headers['x-request-id'] === id ? 'OK' : 'another id is made up';
};
/** Finds nothing until the deadline passes. */
const readerOfNothing: JobReader = {
  get: (_, { deadline }) => deadline.wait(new Promise<never>(() => undefined)),
};
const withId = (id: string) => send({ body: Buffer.from(JSON.stringify({ jobId: id })) });
const padded = (size: number) => send({ body: Buffer.from('{"jobId":"a"}'.padEnd(size)) });
const asCode = async (run: () => unknown): Promise<string> => {
  try {
    await Promise.resolve(run());
    return 'OK';
  } catch (error) {
    return (error as { readonly code?: string }).code ?? (error as Error).name;
  }
};
const noOptions = { redactEnvValues: false };
const event = (size: number) =>
  asCode(() => parseMessage('{"jobId":"a","revision":1,"deleted":{}}'.padEnd(size), noOptions));
const nested = (depth: number) =>
  asCode(() =>
    parseMessage(
      `{"jobId":"a","revision":1,"deleted":{},"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`,
      noOptions,
    ),
  );
/** The event, its change and the list are three of them. */
const withObjects = (count: number) => {
  const list = Array(count - 3)
    .fill('{}')
    .join();
  return asCode(() => parseMessage(`{"jobId":"a","revision":1,"deleted":{},"x":[${list}]}`, noOptions));
};
const audited = (events: readonly object[]) => asCode(() => parseMessage(JSON.stringify(events), noOptions));
const deletion = (jobs: number) =>
  auditEvent({ name: 'DeleteAllJobData', details: { job_ids: Array(jobs).fill('a') } });
const groups = async (depth: number) => {
  const ends = Buffer.alloc(depth, 0x54);
  const code = await asCode(() => splitFields(Buffer.concat([Buffer.alloc(depth, 0x53), ends])));
  return code === 'MalformedMessageError' ? 'the message is malformed' : code;
};
const depthOf = (type: Message): number =>
  1 + Math.max(0, ...type.fields.map(({ message }) => (message === undefined ? 0 : depthOf(message))));
interface Limit {
  readonly value: string;
  /** What is answered at the limit, and beyond it. */
  readonly tried?: () => readonly Promise<string>[];
}

const bytes = (count: number): string => `${count} bytes`;
const seconds = (ms: number): string => `${ms / 1000} s`;
const grpc = defaultGrpcLimits;

const limits: Readonly<Record<string, Limit>> = {
  'job id': {
    value: `${jobIdMaxLength} characters`,
    tried: () => [withId('a'.repeat(64)), withId('a'.repeat(65))],
  },
  'field mask': {
    value: `${fieldMaskTextLimit} characters`,
    tried: () => [
      withHeader('x-field-mask', 'id'.padEnd(8192)),
      withHeader('x-field-mask', 'id'.padEnd(8193)),
    ],
  },
  'field mask, paths': {
    value: String(fieldMaskPathLimit),
    tried: () =>
      [128, 129].map((count) => withHeader('x-field-mask', Array<string>(count).fill('id').join())),
  },
  'field mask, names in a path': {
    value: String(depthOf(jobType)),
    tried: () =>
      ['', '.x'].map((deeper) =>
        withHeader('x-field-mask', `jobParameters.env.pythonEnv.localModules.desc.path${deeper}`),
      ),
  },
  '`x-min-revision`': {
    value: '19 digits',
    tried: () => [
      withHeader('x-min-revision', '7'.padStart(19, '0')),
      withHeader('x-min-revision', '7'.padStart(20, '0')),
    ],
  },
  '`x-request-id`': { value: '128 characters', tried: () => [128, 129].map(withRequestId) },
  'time of a call': {
    value: seconds(longestCallMs),
    tried: () => [send({}), send({}, { store: readerOfNothing })],
  },
  'calls under way (`GRPC_MAX_CALLS`)': {
    value: String(callLimit),
    tried: () => [send({}, { callLimit: 1 }), send({}, { callLimit: 0 })],
  },
  'request body': {
    value: bytes(httpBodySizeLimit),
    tried: () => [
      send({
        method: 'GET',
        query: new URLSearchParams('encoding=json&message={"jobId":"a"}'),
        body: Buffer.alloc(8192),
      }),
      padded(8193),
    ],
  },
  'request message': { value: bytes(requestSizeLimit), tried: () => [padded(4096), padded(4097)] },
  'compressed request': {
    value: 'none',
    tried: () => [withHeader('content-encoding', 'identity'), withHeader('content-encoding', 'gzip')],
  },
  'answer behind Lambda': {
    value: bytes(lambdaResponseSizeLimit),
    tried: () => [send({}, { responseSizeLimit: 30 }), send({}, { responseSizeLimit: 10 })],
  },
  'request message, also decompressed': { value: bytes(channelOptions['grpc.max_receive_message_length']) },
  'compressed messages in a call': { value: '1' },
  metadata: { value: bytes(grpc.metadataBytes) },
  'calls that are open': { value: String(grpc.openCalls) },
  'calls on one connection': { value: String(channelOptions['grpc.max_concurrent_streams']) },
  'connections (`GRPC_MAX_CONNECTIONS`)': { value: String(grpc.connections) },
  'time until a request has come': { value: seconds(grpc.requestMs) },
  'time until an answer has been taken': { value: seconds(grpc.callMs) },
  'time of a TLS handshake': { value: seconds(grpc.handshakeMs) },
  'answers not taken, all connections': { value: bytes(grpc.unsentBytes) },
  'answers not taken, one connection': { value: bytes(grpc.unsentBytesOfConnection) },
  'time without a sign of life': { value: seconds(channelOptions['grpc.keepalive_time_ms']) },
  'time without a call': { value: seconds(channelOptions['grpc.max_connection_idle_ms']) },
  message: { value: bytes(eventSizeLimit), tried: () => [event(1 << 20), event((1 << 20) + 1)] },
  'objects and arrays in one another': {
    value: String(jsonDepthLimit),
    tried: () => [nested(100), nested(101)],
  },
  'objects and arrays in all': {
    value: String(jsonCountLimit),
    tried: () => [100_000, 100_001].map(withObjects),
  },
  'Audit Trails events in a message': {
    value: String(auditEventsLimit),
    tried: () => [2000, 2001].map((count) => audited(Array(count).fill({ eventType: 'x' }))),
  },
  'jobs that its Audit Trails events name': {
    value: String(noticesLimit),
    tried: () => [2500, 2501].map((count) => audited([deletion(2500), deletion(count)])),
  },
  'one answer of upstream': { value: bytes(upstreamLimits.answerSizeLimit) },
  'attempts of one call': { value: String(upstreamLimits.attemptLimit) },
  'time of an attempt to get a job': { value: seconds(upstreamLimits.attemptMs.Get) },
  'time of an attempt to list jobs': { value: seconds(upstreamLimits.attemptMs.List) },
  'calls that wait for the rate limiter': { value: String(upstreamLimits.queueLimit) },
  'time of a read-through': {
    value: seconds(createReadThrough(() => Promise.reject(new Error('never'))).budgetMs),
  },
  'groups in one another, in unknown fields': { value: '100', tried: () => [groups(100), groups(101)] },
  'document in the table, compressed': { value: bytes(dynamoDbSizeLimits.documentBytes) },
  'one answer of the table': { value: bytes(answerSizeLimit) },
};

describe('docs/limits.md', () => {
  it('has every limit, and no other', () => {
    const documented = rows.slice(0, rows.findIndex(([limit]) => limit === 'one answer of the table') + 1);
    expect(documented.map(([limit]) => limit)).toEqual(Object.keys(limits));
  });

  it.each(Object.entries(limits))(
    'says what the code does: %s',
    async (name, { value, tried }) => {
      const [, documented, beyond] = rows.find(([limit]) => limit === name)!;
      expect(documented).toBe(value);
      if (tried === undefined) return;
      const [atLimit, beyondIt] = await Promise.all(tried());
      expect(atLimit).toBe('OK');
      expect(beyond.slice(0, beyondIt!.length)).toBe(beyondIt);
    },
    30_000,
  );
});
