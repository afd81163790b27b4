import type { Deadline } from '../runtime/deadline.ts';

/** Where the bearer token of a call comes from. */
export interface TokenSource {
  /**
   * A token that is good now; nearly always one that is there already.
   *
   * @throws {Status} UNAVAILABLE with RetryInfo where none can be had for now, FAILED_PRECONDITION where the service
   *   account or its key is refused, DEADLINE_EXCEEDED
   */
  token(deadline: Deadline): Promise<string>;
  /** The token was refused: another is got, if there is one. Issuers may give the same again. */
  invalidate(token: string): void;
}
