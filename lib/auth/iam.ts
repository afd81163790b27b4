import { Status } from '../status.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * `AUTH_MODE=iam`: API Gateway's IAM authorizer has checked the request's signature, and says whose it is. A request
 * that did not pass it is refused. Which principals reach the function is decided by IAM policies; those who do may
 * read every project.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 */
export const iamAuthenticator: Authenticator = {
  authenticate: ({ iamPrincipal }) =>
    iamPrincipal === undefined
      ? Promise.reject(new Status('UNAUTHENTICATED', 'the request was not signed for AWS IAM'))
      : Promise.resolve({ mayRead: () => true }),
};
