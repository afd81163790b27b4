/** The deadline of one invocation, from the time that Lambda gives it. */
import type { MiddlewareObj } from '@middy/core';
import { Deadline } from '../runtime/deadline.ts';

export interface InvocationDeadlineOptions {
  /** What of the invocation's time is kept for its end, in milliseconds. */
  readonly keptMs: number;
  /** The longest that the use case may take, in milliseconds. No limit unless set. */
  readonly longestMs?: number;
}

/** What the use case takes. */
interface WithDeadline {
  readonly deadline: Deadline;
}

/** Middleware: hands the use case its deadline. */
export function invocationDeadline({
  keptMs,
  longestMs = Infinity,
}: InvocationDeadlineOptions): MiddlewareObj<WithDeadline> {
  return {
    before(invocation) {
      const leftMs = invocation.context.getRemainingTimeInMillis() - keptMs;
      invocation.event = { ...invocation.event, deadline: new Deadline(Math.min(longestMs, leftMs)) };
    },
  };
}
