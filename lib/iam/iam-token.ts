import { Status } from '../runtime/status.ts';
import { systemClock } from '../runtime/clock.ts';
import { RenewedToken, type IssuedToken, type RenewedTokenOptions } from './renewed-token.ts';
import type { ServiceAccountKey } from './service-account-key.ts';
import { requestToken, TokenRefusedError, type TokenAnswer } from './token-request.ts';
import type { TokenSource } from './token-source.ts';
import { checkTokenUrl } from './token-url.ts';

const iamEndpoint = 'https://iam.api.cloud.yandex.net';
/** What the JWT says it is for, wherever it is sent. */
const audience = `${iamEndpoint}/iam/v1/tokens`;
const service = 'the IAM token service';

/** A clock that is off by more makes JWTs that are not good, in milliseconds. */
const clockToleranceMs = 60_000;

export interface IamTokenOptions extends Omit<RenewedTokenOptions, 'owner'> {
  readonly key: ServiceAccountKey;
  /** Base URL of the IAM API; the public cloud's unless set. */
  readonly endpoint?: string;
}

/**
 * IAM tokens of a service account, for a JWT that its key signs.
 *
 * @throws {Error} for an endpoint that is no URL, or is without TLS and not on this machine
 * @see https://yandex.cloud/en/docs/iam/operations/iam-token/create-for-sa
 * @see https://yandex.cloud/en/docs/iam/api-ref/IamToken/create
 */
export function iamTokens({ key, endpoint = iamEndpoint, ...options }: IamTokenOptions): TokenSource {
  const { clock = systemClock } = options;
  const url = new URL('/iam/v1/tokens', checkTokenUrl(endpoint));
  const owner = `the service account key ${key.keyId}`;
  const issue = async (): Promise<IssuedToken> => {
    const jwt = await key.signJwt(audience, clock.epochMs());
    const body = JSON.stringify({ jwt });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    try {
      const answer = await requestToken({ url, method: 'POST', headers, body, secret: jwt }, service);
      return readAnswer(answer, clock.epochMs());
    } catch (error) {
      throw error instanceof TokenRefusedError ? refused(owner, error, clock.epochMs()) : error;
    }
  };
  return new RenewedToken(issue, { ...options, owner });
}

/** A token's life is what is left of it by the clock of who says when it ends, if he tells the time. */
function readAnswer({ fields, dateMs }: TokenAnswer, nowMs: number): IssuedToken {
  const token = fields.get('iamToken');
  const expiresAtMs = Date.parse(String(fields.get('expiresAt')));
  if (typeof token !== 'string' || token === '' || Number.isNaN(expiresAtMs))
    throw new Status(
      'SERVICE_TOKEN_UNAVAILABLE',
      `the answer of ${service} has no iamToken with an expiresAt`,
    );
  return { token, lifetimeMs: expiresAtMs - (dateMs ?? nowMs) };
}

function refused(owner: string, cause: TokenRefusedError, nowMs: number): Status {
  const offMs = cause.dateMs === undefined ? 0 : nowMs - cause.dateMs;
  const hint =
    Math.abs(offMs) > clockToleranceMs
      ? `the clock of this machine is ${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ahead' : 'behind'}`
      : 'it may have been deleted, or its service account';
  return new Status('SERVICE_CREDENTIALS_REFUSED', `${service} refuses ${owner}: ${hint}`, { cause });
}
