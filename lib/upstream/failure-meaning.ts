import type { Code, Reason } from '../runtime/status.ts';
import type { UpstreamError } from './upstream-error.ts';

/** What a code of upstream's means for us. */
export interface FailureMeaning {
  /** The reason that our caller gets. */
  readonly reason: Reason;
  /** Whether the same request is worth another attempt. Get and List change nothing, so none of them is unsafe. */
  readonly retried: boolean;
  /** Whether somebody at the other end gave an answer; if nobody does, upstream is down. */
  readonly upstream: 'up' | 'down';
}

const meaning = (
  reason: Reason,
  upstream: FailureMeaning['upstream'],
  retried: 'retried' | 'final',
): FailureMeaning => ({ reason, upstream, retried: retried === 'retried' });

/**
 * Every code. Two rules behind it: INTERNAL would say that we have a bug, so what goes wrong upstream is UNAVAILABLE;
 * and UNAUTHENTICATED and PERMISSION_DENIED are about our credentials there, while our caller would take them for his,
 * so they are FAILED_PRECONDITION: no try helps until somebody sets them right.
 *
 * @see https://google.aip.dev/194 on which codes to retry
 */
const meanings: Readonly<Record<Code, FailureMeaning>> = {
  // Our own cancelling has been told apart before. Proxies and servers that stop reset streams with CANCEL.
  CANCELLED: meaning('UPSTREAM_UNAVAILABLE', 'down', 'retried'),
  UNKNOWN: meaning('UPSTREAM_UNAVAILABLE', 'down', 'final'),
  INVALID_ARGUMENT: meaning('UPSTREAM_REQUEST_REFUSED', 'up', 'final'),
  // Of the attempt, not of the caller: that is why an attempt has its own.
  DEADLINE_EXCEEDED: meaning('UPSTREAM_UNAVAILABLE', 'down', 'retried'),
  NOT_FOUND: meaning('UPSTREAM_NOT_FOUND', 'up', 'final'),
  ALREADY_EXISTS: meaning('UPSTREAM_UNAVAILABLE', 'up', 'final'),
  PERMISSION_DENIED: meaning('UPSTREAM_PERMISSION_DENIED', 'up', 'final'),
  // Being too much for upstream is not being down: it slows us instead.
  RESOURCE_EXHAUSTED: meaning('UPSTREAM_THROTTLED', 'up', 'retried'),
  FAILED_PRECONDITION: meaning('UPSTREAM_PRECONDITION_FAILED', 'up', 'final'),
  // "Try again at a higher level": for one read that is the same read.
  ABORTED: meaning('UPSTREAM_UNAVAILABLE', 'up', 'retried'),
  OUT_OF_RANGE: meaning('UPSTREAM_REQUEST_REFUSED', 'up', 'final'),
  UNIMPLEMENTED: meaning('UPSTREAM_METHOD_NOT_SERVED', 'up', 'final'),
  INTERNAL: meaning('UPSTREAM_UNAVAILABLE', 'down', 'final'),
  UNAVAILABLE: meaning('UPSTREAM_UNAVAILABLE', 'down', 'retried'),
  DATA_LOSS: meaning('UPSTREAM_UNAVAILABLE', 'up', 'final'),
  // Tried once more with another token, by whoever has one.
  UNAUTHENTICATED: meaning('SERVICE_CREDENTIALS_REFUSED', 'up', 'final'),
};

export function meaningOf({ code, connectionBroke, tooLarge }: UpstreamError): FailureMeaning {
  // The same answer would have the same size.
  if (tooLarge) return meaning('UPSTREAM_RESPONSE_TOO_LARGE', 'up', 'final');
  // INTERNAL is also what grpc-js calls a stream that ended without a status.
  return connectionBroke ? meaning('UPSTREAM_UNAVAILABLE', 'down', 'retried') : meanings[code];
}
