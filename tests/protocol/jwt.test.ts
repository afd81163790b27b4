import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { createJwtAuthenticator } from '../../lib/auth/jwt.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { clientFactories } from '../support/rpc-clients.ts';
import { jobIds, startService, type TestService } from '../support/service.ts';

const issuer = 'https://issuer.example.org';
const audience = 'jobs';

describe('AUTH_MODE=jwt', () => {
  let service: TestService;
  let gateway: Gateway;
  let server: RunningGrpc;
  let key: CryptoKey;
  let stopJwks: () => Promise<void>;
  const jwks = { down: false };

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    key = pair.privateKey;
    const keySet = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };
    const jwksServer = createServer((_, response) => {
      response
        .writeHead(jwks.down ? 500 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(keySet));
    });
    await new Promise<void>((resolve) => jwksServer.listen(0, '127.0.0.1', resolve));
    stopJwks = () =>
      new Promise((resolve) => {
        jwksServer.close(() => {
          resolve();
        });
        jwksServer.closeAllConnections();
      });
    const jwksUri = new URL(`http://127.0.0.1:${(jwksServer.address() as AddressInfo).port}/keys`);
    const makeAuthenticator = () =>
      createJwtAuthenticator({ issuer, audience, jwksUri, projectsClaim: 'project_ids' });
    service = await startService(makeAuthenticator());
    gateway = await startGateway(service.parts);
    server = await startGrpcService(service.parts);
    jwks.down = true;
    const lame = await startGateway({ ...service.parts, authenticator: makeAuthenticator() });
    const response = await fetch(`${lame.url}/datasphere/v2/jobs/${jobIds.plain}`, {
      headers: { authorization: `Bearer ${await token()}` },
    });
    withoutKeys = [response.status, await response.json()];
    await lame.stop();
    jwks.down = false;
  });
  afterAll(async () => {
    await server.stop();
    await gateway.stop();
    await service.stop();
    await stopJwks();
  });

  let withoutKeys: readonly unknown[];

  interface TokenInit {
    readonly claims?: Record<string, unknown>;
    readonly expires?: string | number;
    readonly aud?: string;
    readonly iss?: string;
    readonly signWith?: CryptoKey;
  }

  const token = ({
    claims = { project_ids: ['p1'] },
    expires = '5m',
    aud = audience,
    iss = issuer,
    signWith = key,
  }: TokenInit = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer(iss)
      .setAudience(aud)
      .setExpirationTime(expires)
      .sign(signWith);

  const past = Math.floor(Date.now() / 1000) - 3600;

  describe.each(
    Object.keys(clientFactories).filter((name) => !name.includes('GET') && !name.includes('text')),
  )('over %s', (name) => {
    const call = async (authorization: string | undefined, jobId: string = jobIds.plain) => {
      const client = clientFactories[name]!({ http: gateway.url, grpc: server.port });
      const result = await client.get(jobId, {
        metadata: authorization === undefined ? {} : { authorization },
      });
      client.close?.();
      return 'code' in result ? `${result.code}: ${result.message}` : 'a job';
    };

    it.each([
      ['a list with the project', { project_ids: ['p0', 'p1'] }],
      ['a text with the project', { project_ids: 'p0 p1' }],
      ['a * for all', { project_ids: ['*'] }],
    ])('a token opens what its claim names: %s', async (_, claims) => {
      expect(await call(`Bearer ${await token({ claims })}`)).toBe('a job');
    });

    it.each([
      ['other projects', { project_ids: ['p2'] }],
      ['an empty list', { project_ids: [] }],
      ['no claim', {}],
      ['a claim of another form', { project_ids: { p1: true } }],
    ])('a token with %s opens nothing, as if the job did not exist', async (_, claims) => {
      expect(await call(`Bearer ${await token({ claims })}`)).toBe(
        `NOT_FOUND: job ${jobIds.plain} was not found`,
      );
    });

    it('whatever does not verify is UNAUTHENTICATED', async () => {
      const another = (await generateKeyPair('ES256')).privateKey;
      const unsigned = new UnsecuredJWT({ project_ids: ['*'] })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5m')
        .encode();
      const bad = [
        undefined,
        'Basic dTpw',
        'Bearer',
        'Bearer x',
        `Bearer ${unsigned}`,
        `Bearer ${await token({ iss: 'https://evil.example.org' })}`,
        `Bearer ${await token({ aud: 'others' })}`,
        `Bearer ${await token({ expires: past })}`,
        `Bearer ${await token({ signWith: another })}`,
      ];
      for (const authorization of bad)
        expect(await call(authorization)).toMatch(
          /^UNAUTHENTICATED: the (token|authorization header) .*; send "authorization: Bearer <token>"$/,
        );
      expect(await call(`Bearer ${await token()}`)).toBe('a job');
    });
  });

  it('is UNAVAILABLE, not UNAUTHENTICATED, while the issuer’s keys cannot be read', () => {
    expect(withoutKeys).toMatchObject([503, { code: 14, message: 'tokens cannot be checked at the moment' }]);
  });
});
