import { describe, expect, it } from '@jest/globals';
import { createAuthenticator, type AuthOptions } from '../../lib/auth/create-authenticator.ts';
import { getPath } from '../support/http2-frames.ts';
import { httpHandler } from '../support/protocols.ts';
import { audience, issuerName } from '../support/token-issuer.ts';

const jwt: AuthOptions = {
  mode: 'jwt',
  issuer: issuerName,
  audience,
  jwksUri: new URL('https://issuer.example.org/keys'),
  projectsClaim: 'project_ids',
};
const jobPath = '/datasphere/v2/jobs/a';

describe('a 401', () => {
  it.each([
    ['jwt', jwt, 'Bearer'],
    ['iam', { mode: 'iam', principals: undefined } satisfies AuthOptions, 'AWS4-HMAC-SHA256'],
  ] as const)('names the scheme that would be accepted: %s', async (_, options, scheme) => {
    const handle = httpHandler({
      store: { get: () => Promise.resolve(undefined) },
      authenticator: createAuthenticator(options),
      log: () => undefined,
    });
    for (const [method, path] of [
      ['GET', jobPath],
      ['HEAD', jobPath],
      ['POST', getPath],
    ] as const) {
      const { status, headers } = await handle({
        method,
        path,
        query: new URLSearchParams(),
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{"jobId":"a"}'),
      });
      expect([method, status, headers['www-authenticate']]).toEqual([method, 401, scheme]);
    }
  });
});
