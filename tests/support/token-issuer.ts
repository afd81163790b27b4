/** An issuer of tokens: makes keys, signs with them, and publishes them from a real HTTP server that can misbehave. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** A key pair and how its public half is published. */
export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK & { readonly kid: string; readonly alg: string };
}

export async function makeSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

export interface TokenInit {
  readonly key: SigningKey;
  readonly claims?: JWTPayload;
  /** Replaces what the header would have. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Seconds from now; undefined for none. */
  readonly expiresIn?: number | undefined;
  readonly validIn?: number;
}

export const issuerName = 'https://issuer.example.org';
export const audience = 'jobs';

/** A token made by hand: whatever header, and whatever makes the signature. */
export function forgeToken(
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
  sign: (input: string) => Buffer,
): string {
  const encode = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 300;
  const input = `${encode(header)}.${encode({ iss: issuerName, aud: audience, exp, ...claims })}`;
  return `${input}.${sign(input).toString('base64url')}`;
}

/** A token that would be good with the right key, unless the claims or the header given say otherwise. */
export function signToken(init: TokenInit): Promise<string> {
  const { key, claims = {}, header = {}, validIn } = init;
  const expiresIn = 'expiresIn' in init ? init.expiresIn : 300;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const payload = {
    iss: issuerName,
    aud: audience,
    ...(expiresIn !== undefined && { exp: nowSeconds + expiresIn }),
    ...(validIn !== undefined && { nbf: nowSeconds + validIn }),
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.jwk.alg, kid: key.jwk.kid, ...header })
    .sign(key.privateKey, { crit: { 'x-unheard-of': true } });
}

export interface TokenIssuer {
  readonly jwksUri: URL;
  /** What is published. */
  published: unknown;
  /** What the server does with a request. */
  behaviour: 'answers' | 'fails' | 'hangs' | 'redirects' | 'overflows';
  /** How often it was asked. */
  readonly asked: () => number;
  readonly stop: () => Promise<void>;
}

export async function startTokenIssuer(...keys: readonly SigningKey[]): Promise<TokenIssuer> {
  let asked = 0;
  const answer = (response: ServerResponse): void => {
    switch (issuer.behaviour) {
      case 'answers':
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(typeof issuer.published === 'string' ? issuer.published : JSON.stringify(issuer.published));
        return;
      case 'fails':
        response.writeHead(500).end();
        return;
      case 'redirects':
        response.writeHead(302, { location: `${issuer.jwksUri.href}/elsewhere` }).end();
        return;
      case 'overflows':
        response.writeHead(200).end(' '.repeat(300_000) + JSON.stringify(issuer.published));
        return;
      case 'hangs':
    }
  };
  const server = createServer((request, response) => {
    asked++;
    if (request.url === '/keys/elsewhere') response.writeHead(200).end(JSON.stringify(issuer.published));
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: TokenIssuer = {
    jwksUri: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`),
    published: { keys: keys.map(({ jwk }) => jwk) },
    behaviour: 'answers',
    asked: () => asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return issuer;
}
