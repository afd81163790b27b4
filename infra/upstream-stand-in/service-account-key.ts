/** Authorized keys of a service account. */
import { generateKeyPair as generateKeyPairWithCallback, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * An authorized key as `yc iam key create` writes it to a file.
 *
 * @see https://yandex.cloud/en/docs/iam/operations/authentication/manage-authorized-keys
 */
export interface ServiceAccountKey {
  readonly id: string;
  readonly service_account_id: string;
  readonly created_at: string;
  readonly key_algorithm: 'RSA_2048';
  readonly public_key: string;
  /** PEM (PKCS #8), after a line of prose as in real files. */
  readonly private_key: string;
}

const generateKeyPair = promisify(generateKeyPairWithCallback);

export async function makeServiceAccountKey(
  id: string,
  serviceAccountId: string,
): Promise<{ readonly key: ServiceAccountKey; readonly publicKey: KeyObject }> {
  const { publicKey, privateKey } = await generateKeyPair('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const key: ServiceAccountKey = {
    id,
    service_account_id: serviceAccountId,
    created_at: new Date().toISOString(),
    key_algorithm: 'RSA_2048',
    public_key: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    private_key: `PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <${id}>\n${pem}`,
  };
  return { key, publicKey };
}
