import { Status } from './status.ts';

/** The moment after which nobody waits for an answer any more. */
export class Deadline {
  /** Aborts when the deadline passes, or earlier when the caller goes away. */
  readonly signal: AbortSignal;
  private readonly atMs: number;

  /**
   * @param afterMs how long from now, in milliseconds
   * @param cancelled aborts when the caller goes away
   */
  constructor(afterMs: number, cancelled?: AbortSignal) {
    this.atMs = performance.now() + afterMs;
    const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(afterMs)));
    this.signal = cancelled === undefined ? timeout : AbortSignal.any([timeout, cancelled]);
  }

  /** Milliseconds that are left; 0 when the deadline has passed. */
  remainingMs(): number {
    return Math.max(0, this.atMs - performance.now());
  }

  /** @throws {Status} DEADLINE_EXCEEDED once it has passed, CANCELLED where the caller has gone */
  check(): void {
    if (this.remainingMs() === 0) throw deadlineExceeded();
    if (this.signal.aborted) throw new Status('CANCELLED', 'the caller has gone');
  }
}

export function deadlineExceeded(cause?: unknown): Status {
  return new Status('DEADLINE_EXCEEDED', 'the deadline passed', { cause });
}
