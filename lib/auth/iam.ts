import { Status } from '../runtime/status.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import { readableProjects } from './readable-projects.ts';

/** Which projects the principals may read that a pattern stands for. */
export interface PrincipalProjects {
  /** An ARN, in which `*` stands for any characters but a colon, and `?` for one of them. */
  readonly principal: string;
  /** Ids of projects, or `*` for all. */
  readonly projects: readonly string[];
}

export interface IamOptions {
  /** Undefined where every principal that IAM lets through may read every project. */
  readonly principals: readonly PrincipalProjects[] | undefined;
}

/**
 * `AUTH_MODE=iam`: API Gateway's IAM authorizer, or that of a function URL, has checked the request's signature, and
 * says whose it is. A request that did not pass it is refused. A principal may read the projects of all the patterns
 * that it matches.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export function createIamAuthenticator({ principals }: IamOptions): Authenticator {
  const rules = (principals ?? [{ principal: undefined, projects: ['*'] }]).map(
    ({ principal, projects }) => ({
      matches: principal === undefined ? () => true : matcher(principal),
      projects,
    }),
  );
  const callerOf = (arn: string): Caller => {
    const names = [arn, roleOfSession(arn)].filter((name) => name !== undefined);
    return readableProjects(
      rules.filter(({ matches }) => names.some(matches)).flatMap(({ projects }) => projects),
    );
  };
  return {
    // That of Signature Version 4, which API Gateway has checked.
    scheme: 'AWS4-HMAC-SHA256',
    authenticate: ({ iamPrincipal }) =>
      iamPrincipal?.startsWith('arn:') === true
        ? Promise.resolve(callerOf(iamPrincipal))
        : Promise.reject(new Status('CREDENTIALS_MISSING', 'the request was not signed for AWS IAM')),
  };
}

/**
 * The ARN of the role that a session assumed, without the role's path, which a session's ARN does not show.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
function roleOfSession(arn: string): string | undefined {
  const [, partition, account, role] =
    /^arn:([^:]+):sts::(\d+):assumed-role\/([^:/]+)\/[^:/]+$/.exec(arn) ?? [];
  return role && `arn:${partition!}:iam::${account!}:role/${role}`;
}

function matcher(pattern: string): (arn: string) => boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '[^:]*')
    .replaceAll('?', '[^:]');
  const expression = new RegExp(`^${source}$`);
  return (arn) => expression.test(arn);
}
