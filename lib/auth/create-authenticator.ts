import type { Authenticator } from './authenticator.ts';
import { bearerScheme } from './bearer-token.ts';
import { createIamAuthenticator, type IamOptions } from './iam.ts';
import type { JwtOptions } from './jwt.ts';
import { openDoor } from './none.ts';

/** What `AUTH_MODE` and its companions say. */
export type AuthOptions =
  | { readonly mode: 'none' }
  | ({ readonly mode: 'iam' } & IamOptions)
  | ({ readonly mode: 'jwt' } & JwtOptions);

export function createAuthenticator(options: AuthOptions): Authenticator {
  switch (options.mode) {
    case 'jwt':
      return loadJwtAuthenticator(options);
    case 'iam':
      return createIamAuthenticator(options);
    case 'none':
      return openDoor;
  }
}

/**
 * The library that checks tokens is loaded at the start, but only where tokens are checked: elsewhere a cold start does
 * without. A test on the packaged function holds that.
 */
function loadJwtAuthenticator(options: JwtOptions): Authenticator {
  const loading = import('./jwt.ts').then(({ createJwtAuthenticator }) => createJwtAuthenticator(options));
  return {
    scheme: bearerScheme,
    authenticate: async (...request) => (await loading).authenticate(...request),
  };
}
