/** Secrets of AWS Secrets Manager. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The longest that reading a secret may take, in milliseconds. */
const timeoutMs = 5000;

/**
 * Reads the text of a secret.
 *
 * @throws {Error} of the SDK, which names the secret and never shows its value
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export async function readSecret(arn: string): Promise<string> {
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  try {
    const command = new GetSecretValueCommand({ SecretId: arn });
    const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
    if (SecretString === undefined) throw new Error(`the secret ${arn} holds bytes: it must be a text`);
    return SecretString;
  } finally {
    client.destroy();
  }
}
