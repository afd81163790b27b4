import { Status } from './status.ts';

/** Where a deadline gets the time from. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** A signal that aborts after so many milliseconds. */
  timeout(afterMs: number): AbortSignal;
}

const systemClock: Clock = {
  now: () => performance.now(),
  timeout: (afterMs) => AbortSignal.timeout(afterMs),
};

export interface DeadlineOptions {
  /** Aborts when the caller goes away. */
  readonly cancelled?: AbortSignal;
  /** The system's unless set. */
  readonly clock?: Clock;
}

/** The moment after which nobody waits for an answer any more. */
export class Deadline {
  /** Aborts when the deadline passes, or earlier when the caller goes away. */
  readonly signal: AbortSignal;
  private readonly timeout: AbortSignal;
  private readonly atMs: number;
  private readonly clock: Clock;

  /** @param afterMs how long from now, in milliseconds */
  constructor(afterMs: number, { cancelled, clock = systemClock }: DeadlineOptions = {}) {
    this.clock = clock;
    this.atMs = clock.now() + afterMs;
    this.timeout = clock.timeout(Math.max(0, Math.ceil(afterMs)));
    this.signal = cancelled === undefined ? this.timeout : AbortSignal.any([this.timeout, cancelled]);
  }

  /** Milliseconds that are left; 0 when the deadline has passed. */
  remainingMs(): number {
    // A timer may fire a little early by the clock; once it has aborted the work, no time is left.
    return this.timeout.aborted ? 0 : Math.max(0, this.atMs - this.clock.now());
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
