import type { Authenticator } from './authenticator.ts';
import { iamAuthenticator } from './iam.ts';
import { createJwtAuthenticator, type JwtOptions } from './jwt.ts';
import { openDoor } from './none.ts';

/** What `AUTH_MODE` and its companions say. */
export type AuthOptions =
  { readonly mode: 'none' } | { readonly mode: 'iam' } | ({ readonly mode: 'jwt' } & JwtOptions);

export function createAuthenticator(options: AuthOptions): Authenticator {
  switch (options.mode) {
    case 'jwt':
      return createJwtAuthenticator(options);
    case 'iam':
      return iamAuthenticator;
    case 'none':
      return openDoor;
  }
}
