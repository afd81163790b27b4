import type { Deadline } from '../runtime/deadline.ts';

/** A rate limit on calls of upstream that all processes share. */
export interface Quota {
  /**
   * Waits for the next turn; awaited before each attempt of a call.
   *
   * @throws {Status} UNAVAILABLE if too many wait already, or the store cannot be reached; DEADLINE_EXCEEDED
   */
  take(deadline: Deadline): Promise<void>;
}
