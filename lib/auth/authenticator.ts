import type { Deadline } from '../runtime/deadline.ts';

/** What a request brought to say who sends it. */
export interface Credentials {
  /** The `authorization` header or metadata, as it came. */
  readonly authorization: string | undefined;
  /** ARN of the principal that API Gateway's IAM authorizer vouches for; never taken from a header. */
  readonly iamPrincipal?: string | undefined;
}

/** Who sent a request: all that matters is what they may read. */
export interface Caller {
  mayRead(projectId: string): boolean;
  /** Whether there is no project that they may not read, so that nothing has to be hidden from them. */
  readonly readsEverything?: boolean;
}

/** Finds out who a caller is. */
export interface Authenticator {
  /** The scheme of the credentials that it looks at; undefined where it refuses nobody. */
  readonly scheme?: string;
  /** @throws {Status} UNAUTHENTICATED where the credentials are missing or do not verify */
  authenticate(credentials: Credentials, deadline: Deadline): Promise<Caller>;
}
