import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';

/**
 * An authorised key of a service account. Its private half does not leave the object.
 *
 * @see https://yandex.cloud/en/docs/iam/concepts/authorization/key
 */
export class ServiceAccountKey {
  readonly keyId: string;
  readonly serviceAccountId: string;
  readonly #privateKey: KeyObject;

  constructor(keyId: string, serviceAccountId: string, privateKey: KeyObject) {
    this.keyId = keyId;
    this.serviceAccountId = serviceAccountId;
    this.#privateKey = privateKey;
  }

  /**
   * The JWT that is exchanged for an IAM token.
   *
   * @param epochMs the time, which may be off by a minute
   * @see https://yandex.cloud/en/docs/iam/operations/iam-token/create-for-sa#jwt-create
   */
  signJwt(audience: string, epochMs: number): Promise<string> {
    const nowSeconds = Math.floor(epochMs / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', kid: this.keyId })
      .setIssuer(this.serviceAccountId)
      .setAudience(audience)
      .setIssuedAt(nowSeconds - backdatedSeconds)
      .setExpirationTime(nowSeconds + validSeconds)
      .sign(this.#privateKey);
  }
}

/** A clock that is ahead must not make tokens from the future, and one that is behind none that are over; in seconds. */
const backdatedSeconds = 90;
const validSeconds = 300;

/**
 * Reads the JSON file of `yc iam key create`.
 *
 * @throws {Error} saying what is wrong with it, and nothing of what is in it
 */
export function parseServiceAccountKey(text: string): ServiceAccountKey {
  const key = parseObject(text);
  const keyId = requireText(key, 'id');
  const serviceAccountId = requireText(key, 'service_account_id');
  return new ServiceAccountKey(keyId, serviceAccountId, readPrivateKey(requireText(key, 'private_key')));
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the text.
    throw new Error('the key of the service account is no JSON');
  }
  if (typeof value !== 'object' || value === null)
    throw new Error('the key of the service account is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function requireText(key: Readonly<Record<string, unknown>>, name: string): string {
  const value = key[name];
  if (typeof value !== 'string' || value === '')
    throw new Error(
      `the key of the service account has no ${name}: it is to be the file that \`yc iam key create\` writes`,
    );
  return value;
}

/** The files have a line for people above the PEM: `PLEASE DO NOT REMOVE THIS LINE! …`. */
function readPrivateKey(text: string): KeyObject {
  const [pem] = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----/.exec(text) ?? [];
  let privateKey: KeyObject | undefined;
  try {
    privateKey = createPrivateKey(pem ?? '');
  } catch {
    // OpenSSL's words help nobody who cannot see the key.
  }
  if (privateKey?.asymmetricKeyType !== 'rsa')
    throw new Error('the private_key of the service account is no RSA key in PEM (PKCS #8)');
  return privateKey;
}
