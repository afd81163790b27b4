/** The token service of the stand-in. */
import { randomBytes, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { Refusal } from './refusal.ts';
import type { IamFaults } from './faults.ts';
import { makeServiceAccountKey, type ServiceAccountKey } from './service-account-key.ts';
import type { Timeline } from './timeline.ts';

export interface IamToken {
  readonly iamToken: string;
  readonly expiresAt: Date;
}

/** @see https://yandex.cloud/en/docs/iam/operations/iam-token/create-for-sa */
const audience = 'https://iam.api.cloud.yandex.net/iam/v1/tokens';
const longestJwtSeconds = 3600;
/** How far the clock of a client may be off, in seconds. */
const toleranceSeconds = 60;
/** @see https://yandex.cloud/en/docs/iam/concepts/authorization/iam-token#lifetime */
const tokenLifetimeMs = 12 * 60 * 60 * 1000;

const serviceAccountId = 'ajestandin0account01';

/** Keys of one service account, tokens for JWTs that are signed with them, and the check of tokens. */
export class Iam {
  private readonly timeline: Timeline;
  private readonly faults: IamFaults;
  private readonly publicKeys = new Map<string, KeyObject>();
  private readonly expiries = new Map<string, number>();
  private keysMade = 0;

  constructor(timeline: Timeline, faults: IamFaults) {
    this.timeline = timeline;
    this.faults = faults;
  }

  /** Makes a new key of the service account. */
  async issueKey(): Promise<ServiceAccountKey> {
    const id = `ajestandin0key${String(++this.keysMade).padStart(6, '0')}`;
    const { key, publicKey } = await makeServiceAccountKey(id, serviceAccountId);
    this.publicKeys.set(id, publicKey);
    return key;
  }

  /** Refuses JWTs of a key from now on. Its tokens stay valid until they expire. */
  revokeKey(id: string): void {
    this.publicKeys.delete(id);
  }

  /** Gives a token without an exchange, as for a virtual machine or a test. */
  issueToken(): IamToken {
    const iamToken = `t1.${randomBytes(48).toString('base64url')}.${randomBytes(64).toString('base64url')}`;
    const expiresAt = this.now + (this.faults.expiresInMs ?? tokenLifetimeMs);
    this.expiries.set(iamToken, expiresAt);
    return { iamToken, expiresAt: new Date(expiresAt) };
  }

  /** Makes every token invalid. */
  revokeTokens(): void {
    this.expiries.clear();
  }

  /**
   * Gives a token for a JWT, which must be signed with PS256 by a known key, for this audience, for at most an hour.
   *
   * @throws {Refusal} UNAUTHENTICATED
   */
  async exchange(jwt: string): Promise<IamToken> {
    if (this.faults.refuse) throw refused('the service account is blocked');
    try {
      const { kid = '' } = decodeProtectedHeader(jwt);
      const key = this.publicKeys.get(kid);
      if (key === undefined) throw new Error(`key ${kid} is not known`);
      const { payload } = await jwtVerify(jwt, key, {
        algorithms: ['PS256'],
        audience,
        issuer: serviceAccountId,
        requiredClaims: ['iat', 'exp'],
        clockTolerance: toleranceSeconds,
        currentDate: new Date(this.now),
      });
      const [iat, exp] = [payload.iat!, payload.exp!];
      if (exp - iat > longestJwtSeconds) throw new Error('the JWT is valid for more than an hour');
      if (iat * 1000 > this.now + toleranceSeconds * 1000)
        throw new Error('the JWT was issued in the future');
    } catch (error) {
      throw refused((error as Error).message);
    }
    return this.issueToken();
  }

  /** @throws {Refusal} UNAUTHENTICATED unless the header has a valid token */
  authenticate(authorization: unknown): void {
    const token = typeof authorization === 'string' ? /^Bearer (.+)$/.exec(authorization)?.[1] : undefined;
    if (token === undefined) throw new Refusal('UNAUTHENTICATED', 'an IAM token is required');
    const expiry = this.expiries.get(token);
    if (expiry === undefined) throw new Refusal('UNAUTHENTICATED', 'the IAM token is invalid');
    if (expiry <= this.now) throw new Refusal('UNAUTHENTICATED', 'the IAM token has expired');
  }

  private get now(): number {
    return this.timeline.now() + this.faults.clockAheadMs;
  }
}

function refused(reason: string): Refusal {
  return new Refusal('UNAUTHENTICATED', `the JWT was refused: ${reason}`);
}
