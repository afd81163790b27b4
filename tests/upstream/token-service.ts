/** The token services of the cloud, IAM's and an instance's, on a real HTTP server that can misbehave. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeProtectedHeader, jwtVerify } from 'jose';

export interface ServiceAccount {
  readonly keyId: string;
  readonly serviceAccountId: string;
  readonly publicKey: KeyObject;
  /** What `yc iam key create` writes. */
  readonly keyFile: string;
  /** The private half as it stands in the file. */
  readonly privatePem: string;
}

export function makeServiceAccount(keyId = 'ajekey00000000000001'): ServiceAccount {
  const serviceAccountId = 'ajeaccount0000000001';
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const keyFile = JSON.stringify({
    id: keyId,
    service_account_id: serviceAccountId,
    created_at: '2026-11-01T10:04:56Z',
    key_algorithm: 'RSA_2048',
    public_key: publicKey.export({ type: 'spki', format: 'pem' }),
    private_key: `PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <${keyId}>\n${privatePem}`,
  });
  return { keyId, serviceAccountId, publicKey, keyFile, privatePem };
}

export interface TokenService {
  readonly endpoint: string;
  behaviour: 'answers' | 'fails' | 'hangs' | 'redirects' | 'overflows' | 'babbles';
  /** How far the service's clock is ahead of the one that it was started with, in milliseconds. */
  aheadMs: number;
  /** Whether its answers have a Date. */
  tellsTime: boolean;
  lifetimeMs: number;
  /** Keys that it knows, by id. */
  readonly keys: Map<string, KeyObject>;
  /** How often it was asked. */
  readonly asked: () => number;
  /** All secrets that it has seen or given. */
  readonly secrets: Set<string>;
  readonly stop: () => Promise<void>;
}

const audience = 'https://iam.api.cloud.yandex.net/iam/v1/tokens';
const instancePath = '/computeMetadata/v1/instance/service-accounts/default/token';

/** @param epochMs milliseconds since 1970 by the clock of the tests */
export async function startTokenService(
  epochMs: () => number,
  ...accounts: readonly ServiceAccount[]
): Promise<TokenService> {
  let asked = 0;
  let issued = 0;
  const nowMs = (): number => epochMs() + service.aheadMs;
  const newToken = (): string => {
    const token = `t1.token${++issued}-${'x'.repeat(40)}`;
    service.secrets.add(token);
    return token;
  };

  const exchange = async (request: IncomingMessage): Promise<readonly [number, object]> => {
    const { jwt } = JSON.parse(await readBody(request)) as { readonly jwt: string };
    service.secrets.add(jwt);
    const key = service.keys.get(decodeProtectedHeader(jwt).kid ?? '');
    // As unkind as a service can be to its callers' logs.
    const refusal = [401, { code: 16, message: `The token ${jwt} is not accepted`, details: [] }] as const;
    if (key === undefined) return refusal;
    try {
      const options = {
        audience,
        algorithms: ['PS256'],
        currentDate: new Date(nowMs()),
        requiredClaims: ['iss', 'iat', 'exp'],
      };
      const { payload } = await jwtVerify(jwt, key, options);
      if (payload.iat! * 1000 > nowMs() || payload.exp! - payload.iat! > 3600) return refusal;
    } catch {
      return refusal;
    }
    return [200, { iamToken: newToken(), expiresAt: new Date(nowMs() + service.lifetimeMs).toISOString() }];
  };

  const answer = async (request: IncomingMessage): Promise<readonly [number, object]> => {
    if (request.method === 'POST' && request.url === '/iam/v1/tokens') return exchange(request);
    if (
      request.method !== 'GET' ||
      request.url !== instancePath ||
      request.headers['metadata-flavor'] !== 'Google'
    )
      return [404, { message: 'no such page' }];
    if (service.keys.size === 0) return [404, { message: 'no service account' }];
    return [200, { access_token: newToken(), expires_in: service.lifetimeMs / 1000, token_type: 'Bearer' }];
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (service.tellsTime) response.setHeader('date', new Date(nowMs()).toUTCString());
    else response.sendDate = false;
    switch (service.behaviour) {
      case 'answers': {
        const [status, body] = await answer(request);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        return;
      }
      case 'fails':
        response.writeHead(503).end(await readBody(request));
        return;
      case 'redirects':
        response.writeHead(307, { location: '/elsewhere' }).end();
        return;
      case 'overflows': {
        const [, body] = await answer(request);
        response.writeHead(200).end(JSON.stringify({ ...body, padding: ' '.repeat(100_000) }));
        return;
      }
      case 'babbles':
        response.writeHead(200).end(newToken());
        return;
      case 'hangs':
    }
  };

  const server = createServer((request, response) => {
    asked++;
    void respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: TokenService = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour: 'answers',
    aheadMs: 0,
    tellsTime: true,
    lifetimeMs: 12 * 3_600_000,
    keys: new Map(accounts.map(({ keyId, publicKey }) => [keyId, publicKey])),
    asked: () => asked,
    secrets: new Set(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return service;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
