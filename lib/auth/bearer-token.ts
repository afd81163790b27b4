import { Status, type Reason } from '../runtime/status.ts';

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
export const bearerScheme = 'Bearer';

/**
 * The token in an `authorization` header.
 *
 * @throws {Status} UNAUTHENTICATED if there is none
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function readBearerToken(authorization: string | undefined): string {
  const token = /^bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization ?? '')?.[1];
  if (token !== undefined) return token;
  throw unauthenticated(
    'CREDENTIALS_MISSING',
    authorization === undefined
      ? 'the authorization header is missing'
      : 'the authorization header has no bearer token',
  );
}

export function unauthenticated(
  reason: Extract<Reason, `CREDENTIALS_${string}`>,
  message: string,
  cause?: unknown,
): Status {
  return new Status(reason, `${message}; send "authorization: Bearer <token>"`, { cause });
}
