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
  timeout(afterMs) {
    // AbortSignal.timeout makes a new error with its stack each time, and work for the garbage collector.
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort(timeIsUp);
    }, afterMs).unref();
    return controller.signal;
  },
};

const timeIsUp = new Error('the time is up');

export interface DeadlineOptions {
  /** Gives what aborts when the caller goes away; asked when there is something to abort. */
  readonly cancelled?: () => AbortSignal;
  /** The system's unless set. */
  readonly clock?: Clock;
}

/** The moment after which nobody waits for an answer any more. */
export class Deadline {
  private readonly atMs: number;
  private readonly clock: Clock;
  private readonly cancelled: (() => AbortSignal) | undefined;
  private caller: AbortSignal | undefined;
  private signals: { readonly timeout: AbortSignal; readonly either: AbortSignal } | undefined;

  /** @param afterMs how long from now, in milliseconds */
  constructor(afterMs: number, { cancelled, clock = systemClock }: DeadlineOptions = {}) {
    this.clock = clock;
    this.atMs = clock.now() + afterMs;
    this.cancelled = cancelled;
  }

  /** Aborts when the deadline passes, or earlier when the caller goes away. Made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.signals === undefined) {
      const timeout = this.clock.timeout(Math.ceil(this.remainingMs()));
      const caller = this.callerSignal();
      const either = caller === undefined ? timeout : AbortSignal.any([timeout, caller]);
      this.signals = { timeout, either };
    }
    return this.signals.either;
  }

  /** Milliseconds that are left; 0 when the deadline has passed. */
  remainingMs(): number {
    // A timer may fire a little early by the clock; once it has aborted the work, no time is left.
    return this.signals?.timeout.aborted === true ? 0 : Math.max(0, this.atMs - this.clock.now());
  }

  /** A deadline that passes so many milliseconds earlier, by the same clock, and is cancelled with this one. */
  before(ms: number): Deadline {
    const { clock, cancelled } = this;
    return new Deadline(this.remainingMs() - ms, { clock, ...(cancelled && { cancelled }) });
  }

  /** @throws {Status} DEADLINE_EXCEEDED once it has passed, CANCELLED where the caller has gone */
  check(): void {
    if (this.remainingMs() === 0) throw deadlineExceeded();
    if (this.signals?.either.aborted === true) throw this.whyAborted();
  }

  /**
   * Waits for work that goes on whether somebody waits or not.
   *
   * @throws {Status} DEADLINE_EXCEEDED when the deadline comes first, CANCELLED when the caller goes away first
   */
  wait<T>(work: Promise<T>): Promise<T> {
    const caller = this.callerSignal();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        end();
        reject(deadlineExceeded());
      }, this.remainingMs());
      const leave = (): void => {
        end();
        reject(this.whyAborted());
      };
      const end = (): void => {
        clearTimeout(timer);
        caller?.removeEventListener('abort', leave);
      };
      caller?.addEventListener('abort', leave);
      // Also where nobody waits any more: a failure that nobody handles would end the process.
      work.finally(end).then(resolve, reject);
      if (caller?.aborted === true) leave();
    });
  }

  /** A caller who goes away at the very end was told of it by his own deadline, which is this one. */
  private whyAborted(): Status {
    return this.remainingMs() <= sameMomentMs ? deadlineExceeded() : callerGone();
  }

  private callerSignal(): AbortSignal | undefined {
    return (this.caller ??= this.cancelled?.());
  }
}

/** How far two ends of a call may be apart about the same moment, in milliseconds: clocks and timers round. */
const sameMomentMs = 5;

export function callerGone(): Status {
  return new Status('CALL_CANCELLED', 'the caller has gone');
}

export function deadlineExceeded(cause?: unknown): Status {
  return new Status('DEADLINE_EXCEEDED', 'the deadline passed', { cause });
}
