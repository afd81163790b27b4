import { Status } from '../runtime/status.ts';
import { RenewedToken, type IssuedToken, type RenewedTokenOptions } from './renewed-token.ts';
import { requestToken, TokenRefusedError, type TokenAnswer } from './token-request.ts';
import type { TokenSource } from './token-source.ts';

/** Link-local, so that plain HTTP leaves no machine of ours. */
const metadataEndpoint = 'http://169.254.169.254';
const path = '/computeMetadata/v1/instance/service-accounts/default/token';
const service = 'the instance metadata service';
const owner = 'the service account of this instance';

export interface InstanceTokenOptions extends Omit<RenewedTokenOptions, 'owner'> {
  /** Base URL of the metadata service; the usual one unless set. */
  readonly endpoint?: string;
}

/**
 * IAM tokens of the service account that this virtual machine, container or function runs as.
 *
 * @see https://yandex.cloud/en/docs/compute/concepts/vm-metadata
 * @see https://yandex.cloud/en/docs/serverless-containers/operations/sa
 */
export function instanceTokens({
  endpoint = metadataEndpoint,
  ...options
}: InstanceTokenOptions): TokenSource {
  const url = new URL(path, endpoint);
  const issue = async (): Promise<IssuedToken> => {
    try {
      return readAnswer(
        await requestToken({ url, method: 'GET', headers: { 'metadata-flavor': 'Google' } }, service),
      );
    } catch (cause) {
      if (!(cause instanceof TokenRefusedError)) throw cause;
      throw new Status(
        'SERVICE_CREDENTIALS_REFUSED',
        `${service} has no token: does this instance have a service account?`,
        {
          cause,
        },
      );
    }
  };
  return new RenewedToken(issue, { ...options, owner });
}

function readAnswer({ fields }: TokenAnswer): IssuedToken {
  const [token, seconds] = [fields.get('access_token'), fields.get('expires_in')];
  if (typeof token !== 'string' || token === '' || typeof seconds !== 'number')
    throw new Status(
      'SERVICE_TOKEN_UNAVAILABLE',
      `the answer of ${service} has no access_token with an expires_in`,
    );
  return { token, lifetimeMs: seconds * 1000 };
}
