import { crc32 } from 'node:zlib';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { errorCases } from '../support/error-table.ts';
import { jobDesc } from '../support/job-descriptors.ts';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { jobIds, p1Reader, startService, storedJobs, type TestService } from '../support/service.ts';

interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly '@type': string; readonly [name: string]: unknown }[];
}

describe('REST', () => {
  let service: TestService;
  let gateway: Gateway;

  beforeAll(async () => {
    service = await startService(p1Reader);
    gateway = await startGateway({ ...service.parts, responseSizeLimit: 4_000_000 });
  });
  afterAll(async () => {
    await gateway.stop();
    await service.stop();
  });
  beforeEach(() => {
    service.proxy.decide = () => 'forward';
  });

  const request = (pathAndQuery: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${gateway.url}/datasphere/v2/jobs/${pathAndQuery}`, {
      method,
      headers: { authorization: 'Bearer good', 'accept-encoding': 'identity', ...headers },
      signal: AbortSignal.timeout(15_000),
    });
  const canonical = (id: string): unknown => toJson(jobDesc, fromBinary(jobDesc, storedJobs[id]!));

  it.each([jobIds.plain, jobIds.large, jobIds.unknownFields])(
    'answers %s in canonical proto3 JSON',
    async (id) => {
      const response = await request(id);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual(canonical(id));
    },
  );

  it('says which revision it is, how fresh, when to ask again, and how to ask about the request', async () => {
    const { headers } = await request(jobIds.plain, { 'x-request-id': 'my-request-1' });
    expect(headers.get('x-job-revision')).toBe('7');
    expect(new Date(headers.get('x-job-synced-at')!).getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(headers.get('x-poll-after')).toBe('10');
    expect(headers.get('x-request-id')).toBe('my-request-1');
    expect(headers.get('cache-control')).toBe('private, no-cache');
  });

  it('lets nobody keep an error, or take any answer for something else than it says it is', async () => {
    const { headers } = await request('nope');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect((await request(jobIds.plain)).headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('makes up a request id where there is none, or one not fit for a log', async () => {
    const made = /^[0-9a-f-]{36}$/;
    expect((await request(jobIds.plain)).headers.get('x-request-id')).toMatch(made);
    expect((await request(jobIds.plain, { 'x-request-id': 'a b' })).headers.get('x-request-id')).toMatch(
      made,
    );
  });

  it('tags the answer with revision and CRC-32, and answers 304 to one who has it', async () => {
    const response = await request(jobIds.plain);
    const tag = `"7-${crc32(storedJobs[jobIds.plain]!).toString(16).padStart(8, '0')}"`;
    expect(response.headers.get('etag')).toBe(tag);
    for (const ifNoneMatch of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const unchanged = await request(jobIds.plain, { 'if-none-match': ifNoneMatch });
      expect([unchanged.status, await unchanged.text(), unchanged.headers.get('etag')]).toEqual([
        304,
        '',
        tag,
      ]);
    }
    expect((await request(jobIds.plain, { 'if-none-match': '"7-00000000"' })).status).toBe(200);
  });

  it.each(['fields=status,createdBy%49d', 'fields=status&fields=created_by_id'])(
    'answers with some fields: ?%s',
    async (query) => {
      const response = await request(`${jobIds.plain}?${query}`);
      expect(await response.json()).toEqual({ status: 'EXECUTING' });
    },
  );

  it('takes the fields from a header too, but not from both', async () => {
    expect(await (await request(jobIds.plain, { 'x-field-mask': 'project_id' })).json()).toEqual({
      projectId: 'p1',
    });
    expect((await request(`${jobIds.plain}?fields=id`, { 'x-field-mask': 'id' })).status).toBe(400);
  });

  it('gives different tags to different parts of a job', async () => {
    const tags = await Promise.all(
      ['', '?fields=status', '?fields=id'].map(async (query) =>
        (await request(jobIds.plain + query)).headers.get('etag'),
      ),
    );
    expect(new Set(tags).size).toBe(3);
  });

  it('answers HEAD like GET, without the body', async () => {
    const [get, head] = [await request(jobIds.plain), await request(jobIds.plain, {}, 'HEAD')];
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([
      200,
      get.headers.get('etag'),
      '',
    ]);
    expect((await request('no-such-job', {}, 'HEAD')).status).toBe(404);
  });

  it('compresses large bodies for those who accept it, and for no others', async () => {
    const encoding = async (id: string, accepted: string) =>
      (await request(id, { 'accept-encoding': accepted })).headers.get('content-encoding');
    expect(await encoding(jobIds.large, 'gzip')).toBe('gzip');
    expect(await encoding(jobIds.large, 'br, *;q=0.5')).toBe('gzip');
    expect(await encoding(jobIds.large, 'gzip;q=0')).toBeNull();
    expect(await encoding(jobIds.large, 'identity')).toBeNull();
    expect(await encoding(jobIds.plain, 'gzip')).toBeNull();
    expect(await (await request(jobIds.large, { 'accept-encoding': 'gzip' })).json()).toEqual(
      canonical(jobIds.large),
    );
  });

  it('answers what x-min-revision and x-consistent-read ask for', async () => {
    expect((await request(jobIds.plain, { 'x-min-revision': '7' })).status).toBe(200);
    expect(
      (await request('patched-job', { 'x-min-revision': '9', 'x-consistent-read': 'true' })).status,
    ).toBe(200);
  });

  const statuses: Readonly<Record<string, number>> = {
    INVALID_ARGUMENT: 400,
    UNAUTHENTICATED: 401,
    NOT_FOUND: 404,
    UNAVAILABLE: 503,
    DEADLINE_EXCEEDED: 504,
  };
  const codes: Readonly<Record<string, number>> = {
    INVALID_ARGUMENT: 3,
    UNAUTHENTICATED: 16,
    NOT_FOUND: 5,
    UNAVAILABLE: 14,
    DEADLINE_EXCEEDED: 4,
  };

  it.each(errorCases.filter(({ timeoutMs }) => timeoutMs === undefined))(
    'says so in google.rpc.Status where $when',
    async ({ jobId = jobIds.plain, metadata, table = 'forward', code, message, field, retryInfo }) => {
      service.proxy.decide = () => table;
      const response = await request(encodeURIComponent(jobId), { ...metadata });
      const body = (await response.json()) as ErrorBody;
      expect([response.status, body.code]).toEqual([statuses[code], codes[code]]);
      expect(body.message).toContain(message);
      const detail = (type: string) =>
        body.details.find((one) => one['@type'] === `type.googleapis.com/google.rpc.${type}`);
      expect(detail('RequestInfo')).toMatchObject({ requestId: response.headers.get('x-request-id') });
      expect(
        (detail('BadRequest')?.['fieldViolations'] as readonly { field: string }[] | undefined)?.[0]?.field,
      ).toBe(field);
      expect(detail('RetryInfo')?.['retryDelay']).toBe(retryInfo && '1s');
      expect(response.headers.get('retry-after')).toBe(retryInfo ? '1' : null);
      service.proxy.decide = () => 'forward';
      expect((await request(jobIds.plain)).status).toBe(200);
    },
  );

  it('gives one answer for absent, deleted, invisible and others’ jobs, but for the ids', async () => {
    const answer = async (id: string): Promise<string> => {
      const response = await request(id, { 'x-request-id': 'r' });
      const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'));
      return JSON.stringify({
        headers: { ...headers, 'content-length': '' },
        body: await response.text(),
      }).replaceAll(id, 'ID');
    };
    const hidden = [jobIds.deleted, jobIds.invisible, jobIds.otherProject].map(answer);
    const absent = await answer('no-such-job');
    for (const one of await Promise.all(hidden)) expect(one).toBe(absent);
  });

  it.each(['%2e%2e%2fx', 'a%00b', 'a%252fb', '%zz', '%ff', 'a'.repeat(7000), ''])(
    'refuses the id in the path %.20s',
    async (path) => {
      const response = await request(path);
      expect(response.status).toBe(400);
      expect(((await response.json()) as ErrorBody).message).toMatch(/^job_id: /);
    },
  );

  it('answers 405 and what is allowed to other methods', async () => {
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await request(jobIds.plain, {}, method);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(((await response.json()) as ErrorBody).code).toBe(12);
    }
  });

  it('answers 404 in its own form to paths that it does not have', async () => {
    const response = await fetch(`${gateway.url}/datasphere/v3/jobs/x`);
    expect(response.status).toBe(404);
    expect((await response.json()) as ErrorBody).toMatchObject({
      code: 5,
      message: expect.stringContaining('/datasphere/v2/jobs/{job_id}') as unknown,
    });
  });

  it('shows nothing of a bug but a fixed message, and logs the cause', async () => {
    const failing = { get: () => Promise.reject(new Error('secret detail')) };
    const broken = await startGateway({ ...service.parts, store: failing });
    service.logged.length = 0;
    const response = await fetch(`${broken.url}/datasphere/v2/jobs/x`, {
      headers: { authorization: 'Bearer good' },
    });
    const text = await response.text();
    await broken.stop();
    expect(response.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 13, message: 'internal error' });
    expect(text).not.toContain('secret');
    expect(service.logged.join()).toContain('secret detail');
  });

  it('refuses an answer that the server cannot send, and says what would work', async () => {
    const small = await startGateway({ ...service.parts, responseSizeLimit: 50_000 });
    const headers = { authorization: 'Bearer good', 'accept-encoding': 'identity' };
    const response = await fetch(`${small.url}/datasphere/v2/jobs/${jobIds.large}`, { headers });
    const accepted = await fetch(`${small.url}/datasphere/v2/jobs/${jobIds.large}`, {
      headers: { authorization: 'Bearer good' },
    });
    await small.stop();
    expect(response.status).toBe(429);
    expect(((await response.json()) as ErrorBody).message).toContain(
      'accept gzip, choose fields, or use native gRPC',
    );
    expect(accepted.status).toBe(200);
  });
});
