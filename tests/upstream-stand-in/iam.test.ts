import { createPrivateKey } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import iamSdk from '@yandex-cloud/nodejs-sdk/iam-v1';
import { SignJWT } from 'jose';
import { noFaults } from '../../infra/upstream-stand-in/faults.ts';
import type { ServiceAccountKey } from '../../infra/upstream-stand-in/service-account-key.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { startSecureUpstream, type SecureUpstream } from './sdk-client.ts';

const { IamTokenServiceClient, CreateIamTokenRequest } = iamSdk.iamTokenService;
const hour = 3_600_000;

describe('the token service of the stand-in', () => {
  let upstream: SecureUpstream;
  let key: ServiceAccountKey;
  let jobId: string;

  beforeAll(async () => {
    const clock = new SimulatedClock(Date.now());
    upstream = await startSecureUpstream({ seed: 21, projects: ['p1'], clock });
    key = upstream.serviceAccountKey;
    jobId = upstream.world.createJob('p1', { life: { creatingMs: 1000 * hour } });
  });
  afterEach(() => {
    Object.assign(upstream.faults.iam, noFaults().iam);
  });
  afterAll(() => upstream.stop());

  interface JwtInit {
    readonly alg?: string;
    readonly kid?: string;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly lifeSeconds?: number;
    readonly aheadSeconds?: number;
  }

  /** A JWT as a client makes it from the key file. */
  const signJwt = (signer: ServiceAccountKey, init: JwtInit = {}): Promise<string> => {
    const { alg = 'PS256', kid = signer.id, claims, lifeSeconds = 3600, aheadSeconds = 0 } = init;
    const iat = Math.floor(upstream.world.now / 1000) + aheadSeconds;
    const payload = {
      iss: signer.service_account_id,
      aud: 'https://iam.api.cloud.yandex.net/iam/v1/tokens',
      iat,
      exp: iat + lifeSeconds,
      ...claims,
    };
    // Not with importPKCS8 of jose, which refuses the line of prose that real key files begin with.
    return new SignJWT(payload)
      .setProtectedHeader({ alg, kid, typ: 'JWT' })
      .sign(createPrivateKey(signer.private_key));
  };
  const exchange = (jwt: string): Promise<Response> =>
    fetch(`${upstream.iamUrl}/iam/v1/tokens`, { method: 'POST', body: JSON.stringify({ jwt }) });
  const tokenOf = async (response: Response): Promise<{ iamToken: string; expiresAt: string }> =>
    (await response.json()) as { iamToken: string; expiresAt: string };
  const exchangeByGrpc = (jwt: string): Promise<{ iamToken: string; expiresAt?: Date }> => {
    const client = new IamTokenServiceClient(upstream.endpoint, credentials.createSsl(upstream.rootCerts));
    return new Promise((resolve, reject) => {
      client.create(CreateIamTokenRequest.fromPartial({ jwt }), (error, response) => {
        client.close();
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  };

  it('the token service gives a token for the JWT of a key file over REST, valid for 12 hours', async () => {
    const { iamToken, expiresAt } = await tokenOf(await exchange(await signJwt(key)));
    expect(Date.parse(expiresAt) - upstream.world.now).toBe(12 * hour);
    expect(await upstream.client(iamToken).get(jobId)).toMatchObject({ id: jobId });
  });

  it('the token service gives the client of the SDK a token over gRPC', async () => {
    const { iamToken, expiresAt } = await exchangeByGrpc(await signJwt(key));
    expect(expiresAt?.getTime()).toBe(upstream.world.now + 12 * hour);
    expect(await upstream.client(iamToken).get(jobId)).toMatchObject({ id: jobId });
  });

  it('the metadata service gives a machine a token for a request in the form of Google', async () => {
    const url = `${upstream.iamUrl}/computeMetadata/v1/instance/service-accounts/default/token`;
    expect((await fetch(url)).status).toBe(403);
    const response = await fetch(url, { headers: { 'Metadata-Flavor': 'Google' } });
    const token = (await response.json()) as { readonly access_token: string };
    expect(token).toEqual({ access_token: expect.any(String), expires_in: 43_200, token_type: 'Bearer' });
    expect(await upstream.client(token.access_token).get(jobId)).toMatchObject({ id: jobId });
  });

  it('Get and List need a token of this service that has not expired and is not revoked', async () => {
    const { iamToken } = await tokenOf(await exchange(await signJwt(key)));
    const client = upstream.client(iamToken);
    upstream.world.advance(12 * hour - 1);
    await client.get(jobId);
    upstream.world.advance(1);
    await expect(client.get(jobId)).rejects.toMatchObject({ name: 'ClientError', code: 16 });
    await expect(client.list({ projectId: 'p1' })).rejects.toMatchObject({ code: 16 });
    await expect(upstream.client('t1.made-up').get(jobId)).rejects.toMatchObject({ code: 16 });
    const revoked = upstream.client();
    await revoked.get(jobId);
    upstream.revokeTokens();
    await expect(revoked.get(jobId)).rejects.toMatchObject({ code: 16 });
  });

  it.each<[string, JwtInit]>([
    ['another algorithm', { alg: 'RS256' }],
    ['an unknown key', { kid: 'ajenosuchkey00000000' }],
    ['another issuer', { claims: { iss: 'ajesomebodyelse00000' } }],
    ['another audience', { claims: { aud: 'https://iam.example.org' } }],
    ['a life of more than an hour', { lifeSeconds: 3601 }],
    ['an end more than a minute ago', { aheadSeconds: -3661 }],
    ['a beginning more than a minute from now', { aheadSeconds: 61 }],
    ['no time of issue', { claims: { iat: undefined } }],
  ])('the token service refuses a JWT with %s', async (_, init) => {
    const jwt = await signJwt(key, init);
    const response = await exchange(jwt);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 16, message: expect.stringContaining('JWT') });
    await expect(exchangeByGrpc(jwt)).rejects.toMatchObject({ code: 16 });
  });

  it('the token service refuses a JWT that names a key and is signed with another', async () => {
    const stranger = await upstream.issueKey();
    expect((await exchange(await signJwt(stranger, { kid: key.id }))).status).toBe(401);
    expect((await exchange(await signJwt(stranger))).status).toBe(200);
  });

  it('the token service accepts clocks that are off by at most a minute', async () => {
    for (const [aheadMs, status] of [
      [60_000, 200],
      [-60_000, 200],
      [-62_000, 401],
    ] as const) {
      upstream.faults.iam.clockAheadMs = aheadMs;
      expect((await exchange(await signJwt(key))).status).toBe(status);
    }
    upstream.faults.iam.clockAheadMs = hour + 62_000;
    expect((await exchange(await signJwt(key))).status).toBe(401);
  });

  it('the token service refuses a revoked key and accepts the next one, and old tokens stay valid', async () => {
    const old = await upstream.issueKey();
    const { iamToken } = await tokenOf(await exchange(await signJwt(old)));
    upstream.revokeKey();
    expect((await exchange(await signJwt(old))).status).toBe(401);
    expect(await upstream.client(iamToken).get(jobId)).toMatchObject({ id: jobId });
    const next = await upstream.issueKey();
    expect(upstream.serviceAccountKey).toBe(next);
    expect((await exchange(await signJwt(next))).status).toBe(200);
  });

  it('the token service can be down, refuse, stall, and give tokens of any lifetime', async () => {
    const jwt = await signJwt(key);
    const { iam } = upstream.faults;
    iam.down = true;
    await expect(exchange(jwt)).rejects.toThrow('fetch failed');
    await expect(exchangeByGrpc(jwt)).rejects.toMatchObject({ code: 14 });
    iam.down = false;
    iam.refuse = true;
    expect((await exchange(jwt)).status).toBe(401);
    await expect(exchangeByGrpc(jwt)).rejects.toMatchObject({ code: 16 });
    iam.refuse = false;
    iam.stall = true;
    const signal = AbortSignal.timeout(300);
    const stalled = fetch(`${upstream.iamUrl}/iam/v1/tokens`, { method: 'POST', body: '{}', signal });
    await expect(stalled).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(upstream.calls.all.at(-1)).toMatchObject({ method: 'IamToken', code: undefined });
    iam.stall = false;
    iam.expiresInMs = 1000;
    const { expiresAt } = await tokenOf(await exchange(jwt));
    expect(Date.parse(expiresAt) - upstream.world.now).toBe(1000);
  });

  it('the token service refuses requests that it does not know, and counts every exchange', async () => {
    upstream.calls.clear();
    const post = (body: string) => fetch(`${upstream.iamUrl}/iam/v1/tokens`, { method: 'POST', body });
    expect((await post('no JSON')).status).toBe(400);
    expect((await post('{}')).status).toBe(400);
    expect((await exchange('not.a.jwt')).status).toBe(401);
    expect((await fetch(`${upstream.iamUrl}/elsewhere`)).status).toBe(404);
    await exchange(await signJwt(key));
    expect(upstream.calls.all.map(({ code }) => code)).toEqual([
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'UNAUTHENTICATED',
      'NOT_FOUND',
      'OK',
    ]);
    expect(upstream.calls.count('IamToken')).toBe(5);
  });

  it('key files have the form of upstream', () => {
    expect(Object.keys(key)).toEqual([
      'id',
      'service_account_id',
      'created_at',
      'key_algorithm',
      'public_key',
      'private_key',
    ]);
    const [line, begin] = key.private_key.split('\n');
    expect(line).toBe(`PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <${key.id}>`);
    expect(begin).toBe('-----BEGIN PRIVATE KEY-----');
  });
});
