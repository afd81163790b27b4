import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { Status } from '../status.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import { readBearerToken, unauthenticated } from './bearer-token.ts';

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
const clockToleranceSeconds = 30;

/** How long the issuer's key set may take to come, in milliseconds. */
const jwksTimeoutMs = 2000;

/**
 * `AUTH_MODE=jwt`: bearer tokens of one issuer, checked against its published keys.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
export function createJwtAuthenticator({
  issuer,
  audience,
  jwksUri,
  projectsClaim,
}: JwtOptions): Authenticator {
  const keys = createRemoteJWKSet(jwksUri, { timeoutDuration: jwksTimeoutMs });
  return {
    async authenticate({ authorization }) {
      const token = readBearerToken(authorization);
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms,
          clockTolerance: clockToleranceSeconds,
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
  const isKeySetDown = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout;
  const isKeySetWrong =
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC');
  if (isKeySetDown || isKeySetWrong) {
    return new Status('UNAVAILABLE', 'tokens cannot be checked at the moment', {
      details: [{ type: 'RetryInfo', retryDelayMs: 1000 }],
      cause: error,
    });
  }
  return unauthenticated(
    error instanceof errors.JWTExpired ? 'the token has expired' : 'the token does not verify',
    error,
  );
}

/** A claim that is missing or of another form grants nothing. */
function callerOf(payload: JWTPayload, projectsClaim: string): Caller {
  const claim = payload[projectsClaim];
  const listed: readonly unknown[] =
    typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  const projects = new Set(listed.filter((project) => typeof project === 'string' && project !== ''));
  return { mayRead: (projectId) => projects.has('*') || projects.has(projectId) };
}
