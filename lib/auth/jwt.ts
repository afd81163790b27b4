import type { JWTPayload } from 'jose';
import { JOSEError, JWTExpired } from 'jose/errors';
import { jwtVerify } from 'jose/jwt/verify';
import { isStatus, Status } from '../runtime/status.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import { bearerScheme, readBearerToken, unauthenticated } from './bearer-token.ts';
import { RemoteKeySet } from './key-set.ts';
import { readableProjects } from './readable-projects.ts';

export interface JwtOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: URL;
  /** Name of the claim that lists the projects a caller may read. */
  readonly projectsClaim: string;
}

/** Asymmetric ones only: whoever can check a token must not be able to make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** How far the issuer's clock and ours may differ, in seconds. */
export const clockToleranceSeconds = 30;

/**
 * `AUTH_MODE=jwt`: bearer tokens of one issuer, checked against its published keys.
 *
 * @param now milliseconds since 1970, to which tokens are compared; the system's clock unless set
 * @param keyClock as of RemoteKeySet, for the age of keys
 * @see https://www.rfc-editor.org/rfc/rfc7519
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export function createJwtAuthenticator(
  { issuer, audience, jwksUri, projectsClaim }: JwtOptions,
  now: () => number = Date.now,
  keyClock?: () => number,
): Authenticator {
  const keys = new RemoteKeySet(jwksUri, keyClock);
  return {
    scheme: bearerScheme,
    async authenticate({ authorization }, deadline) {
      const token = readBearerToken(authorization);
      try {
        const { payload } = await jwtVerify(token, (header) => keys.find(header, deadline), {
          issuer,
          audience,
          algorithms,
          clockTolerance: clockToleranceSeconds,
          currentDate: new Date(now()),
          requiredClaims: ['exp'],
        });
        return callerOf(payload, projectsClaim);
      } catch (error) {
        throw toAuthStatus(error);
      }
    },
  };
}

function toAuthStatus(error: unknown): Status {
  if (isStatus(error)) return error;
  if (error instanceof JWTExpired)
    return unauthenticated('CREDENTIALS_EXPIRED', 'the token has expired', error);
  if (error instanceof JOSEError)
    return unauthenticated('CREDENTIALS_REFUSED', 'the token does not verify', error);
  // No key set, or one with keys that are none: too short, off their curve, or incomplete.
  return new Status('KEY_SET_UNAVAILABLE', 'tokens cannot be checked at the moment', {
    details: [{ type: 'RetryInfo', retryDelayMs: 1000 }],
    cause: error,
  });
}

/** A claim that is missing or of another form grants nothing. */
function callerOf(payload: JWTPayload, projectsClaim: string): Caller {
  const claim = payload[projectsClaim];
  if (typeof claim === 'string') return readableProjects(claim.split(' '));
  return readableProjects(Array.isArray(claim) ? claim : []);
}
