import type { RequestAuthorizer } from './signer.ts';

/** Puts a token into each request, in place of a signature. @param token called for each request */
export function bearerAuthorizer(token: () => Promise<string>): RequestAuthorizer {
  return {
    async authorize(request) {
      request.headers['authorization'] = `Bearer ${await token()}`;
      return request;
    },
  };
}
