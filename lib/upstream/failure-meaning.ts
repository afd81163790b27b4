import type { Code } from '../runtime/status.ts';
import type { UpstreamError } from './upstream-error.ts';

/** What a code of upstream's means for us. */
export interface FailureMeaning {
  /** The code that our caller gets. */
  readonly answered: Code;
  /** Whether the same request is worth another attempt. Get and List change nothing, so none of them is unsafe. */
  readonly retried: boolean;
  /** Whether somebody at the other end gave an answer; if nobody does, upstream is down. */
  readonly upstream: 'up' | 'down';
}

const meaning = (
  answered: Code,
  upstream: FailureMeaning['upstream'],
  retried: 'retried' | 'final',
): FailureMeaning => ({ answered, upstream, retried: retried === 'retried' });

/**
 * Every code. Two rules behind it: INTERNAL would say that we have a bug, so what goes wrong upstream is UNAVAILABLE;
 * and UNAUTHENTICATED and PERMISSION_DENIED are about our credentials there, while our caller would take them for his,
 * so they are FAILED_PRECONDITION: no try helps until somebody sets them right.
 *
 * @see https://google.aip.dev/194 on which codes to retry
 */
const meanings: Readonly<Record<Code, FailureMeaning>> = {
  // Our own cancelling has been told apart before. Proxies and servers that stop reset streams with CANCEL.
  CANCELLED: meaning('UNAVAILABLE', 'down', 'retried'),
  UNKNOWN: meaning('UNAVAILABLE', 'down', 'final'),
  INVALID_ARGUMENT: meaning('INVALID_ARGUMENT', 'up', 'final'),
  // Of the attempt, not of the caller: that is why an attempt has its own.
  DEADLINE_EXCEEDED: meaning('UNAVAILABLE', 'down', 'retried'),
  NOT_FOUND: meaning('NOT_FOUND', 'up', 'final'),
  ALREADY_EXISTS: meaning('UNAVAILABLE', 'up', 'final'),
  PERMISSION_DENIED: meaning('FAILED_PRECONDITION', 'up', 'final'),
  // Being too much for upstream is not being down: it slows us instead.
  RESOURCE_EXHAUSTED: meaning('UNAVAILABLE', 'up', 'retried'),
  FAILED_PRECONDITION: meaning('FAILED_PRECONDITION', 'up', 'final'),
  // "Try again at a higher level": for one read that is the same read.
  ABORTED: meaning('UNAVAILABLE', 'up', 'retried'),
  OUT_OF_RANGE: meaning('INVALID_ARGUMENT', 'up', 'final'),
  UNIMPLEMENTED: meaning('FAILED_PRECONDITION', 'up', 'final'),
  INTERNAL: meaning('UNAVAILABLE', 'down', 'final'),
  UNAVAILABLE: meaning('UNAVAILABLE', 'down', 'retried'),
  DATA_LOSS: meaning('UNAVAILABLE', 'up', 'final'),
  // Tried once more with another token, by whoever has one.
  UNAUTHENTICATED: meaning('FAILED_PRECONDITION', 'up', 'final'),
};

export function meaningOf({ code, connectionBroke, tooLarge }: UpstreamError): FailureMeaning {
  // The same answer would have the same size.
  if (tooLarge) return meaning('RESOURCE_EXHAUSTED', 'up', 'final');
  // INTERNAL is also what grpc-js calls a stream that ended without a status.
  return connectionBroke ? meaning('UNAVAILABLE', 'down', 'retried') : meanings[code];
}
