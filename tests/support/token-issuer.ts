import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TokenIssuer {
  /** What a function needs to check the tokens. */
  readonly environment: Readonly<Record<string, string>>;
  readonly token: (claims?: Readonly<Record<string, unknown>>, expires?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** An issuer of tokens with its key set on this machine. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const [issuer, audience] = ['https://issuer.example.org', 'jobs'];
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }];
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    environment: {
      AUTH_MODE: 'jwt',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    },
    token: (claims = { project_ids: ['*'] }, expires = '5m') =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(privateKey),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
