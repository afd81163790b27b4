import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { withCors } from '../../lib/protocol/http/cors.ts';
import type { HttpHandler } from '../../lib/protocol/http/http-handler.ts';
import { getPath, grpcMessage } from '../support/http2-frames.ts';
import { startHttpServer, type Gateway } from '../support/lambda-gateway.ts';
import { httpHandler } from '../support/protocols.ts';

const dashboard = 'https://dashboard.example.org';
const plain = httpHandler({
  store: { get: () => Promise.resolve(undefined) },
  authenticator: openDoor,
  log: () => undefined,
});

const preflight = {
  origin: dashboard,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type,x-grpc-web',
};

describe.each([
  ['no origin is set', plain, undefined],
  ['another origin is set', withCors(plain, ['https://other.example.org']), undefined],
  ['the origin is set', withCors(plain, ['https://other.example.org', dashboard]), dashboard],
  ['every origin is set', withCors(plain, ['*']), dashboard],
])('a page of another origin, where %s', (_, handler: HttpHandler, allowed) => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startHttpServer(handler);
  });
  afterAll(() => gateway.stop());

  it(allowed === undefined ? 'may not call' : 'may call, with what our protocols need', async () => {
    const { status, headers } = await fetch(gateway.url + getPath, { method: 'OPTIONS', headers: preflight });
    expect(headers.get('access-control-allow-origin')).toBe(allowed ?? null);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    if (allowed === undefined) return;
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST');
    expect(headers.get('access-control-allow-headers')).toBe('content-type,x-grpc-web');
    expect(headers.get('vary')).toContain('origin');
  });

  it(allowed === undefined ? 'may not read answers' : 'may read answers, errors among them', async () => {
    const calls: readonly Promise<Response>[] = [
      fetch(`${gateway.url}/datasphere/v2/jobs/nope`, { headers: { origin: dashboard } }),
      fetch(gateway.url + getPath, {
        method: 'POST',
        body: new Uint8Array(grpcMessage(Buffer.from([0x0a, 1, 0x61]))),
        headers: { origin: dashboard, 'content-type': 'application/grpc-web' },
      }),
    ];
    for (const { headers } of await Promise.all(calls)) {
      expect(headers.get('access-control-allow-origin')).toBe(allowed ?? null);
      const exposed = headers.get('access-control-expose-headers')?.split(', ');
      if (allowed === undefined) expect(exposed).toBeUndefined();
      else
        expect(exposed).toEqual(
          expect.arrayContaining([
            'grpc-status',
            'grpc-message',
            'grpc-status-details-bin',
            'x-job-revision',
          ]),
        );
    }
  });
});

it('tells caches that answers depend on the origin, also the answer to none', async () => {
  const request = {
    method: 'GET',
    path: '/datasphere/v2/jobs/nope',
    query: new URLSearchParams(),
    headers: {},
  };
  const { headers } = await withCors(plain, [dashboard])({ ...request, body: new Uint8Array() });
  expect(headers['vary']).toBe('origin');
});
