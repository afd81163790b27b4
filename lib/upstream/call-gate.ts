import { deadlineExceeded, type Deadline } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';
import type { UpstreamClock } from '../runtime/clock.ts';
import { CallRate } from './call-rate.ts';
import { queueLimit } from './limits.ts';

export interface CallGateOptions {
  /** Calls that may begin in a second in the long run; may be below 1. */
  readonly callsPerSecond: number;
  /** Calls that may begin at once after a pause: in t seconds at most burst + t × callsPerSecond do. */
  readonly burst: number;
  /** Calls that may be under way at the same time. */
  readonly maxConcurrentCalls: number;
  readonly clock: UpstreamClock;
}

interface Waiter {
  readonly deadline: Deadline;
  readonly admit: () => void;
  readonly refuse: (error: Status) => void;
}

/** Lets calls through one after another, first come first served, as often and as many as the limits allow. */
export class CallGate {
  readonly #rate: CallRate;
  readonly #clock: UpstreamClock;
  readonly #maxConcurrentCalls: number;
  readonly #queue: Waiter[] = [];
  #underWay = 0;
  #stopTimer: (() => void) | undefined;
  #closed = false;

  /** @throws {Error} for limits that let nothing through */
  constructor({ callsPerSecond, burst, maxConcurrentCalls, clock }: CallGateOptions) {
    if (!(maxConcurrentCalls >= 1)) throw new Error('the limit of concurrent calls is 1 or more');
    this.#rate = new CallRate(callsPerSecond, burst, clock);
    this.#clock = clock;
    this.#maxConcurrentCalls = maxConcurrentCalls;
  }

  /**
   * Waits for the turn of one attempt.
   *
   * @returns what to call when the attempt is over
   * @throws {Status} UNAVAILABLE with RetryInfo, at once, where the turn cannot come before the deadline or too many
   *   wait; DEADLINE_EXCEEDED where it could have and did not
   */
  async enter(deadline: Deadline): Promise<() => void> {
    const { signal } = deadline;
    deadline.check();
    const refusal = this.#closed ? closed() : this.#refusal(deadline, this.#queue.length);
    if (refusal !== undefined) throw refusal;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(whyOver(deadline));
        this.#admit();
      };
      const waiter: Waiter = {
        deadline,
        admit: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(this.#leaveOnce());
        },
        refuse: (error) => {
          signal.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      this.#queue.push(waiter);
      signal.addEventListener('abort', giveUp);
      this.#admit();
    });
  }

  /**
   * Upstream throttled an attempt.
   *
   * @param beganAtMs when that began, by the clock
   * @param holdMs how long upstream asks to be left alone
   * @returns the calls in a second from now on; undefined where that attempt was from before the last slowing
   */
  slowDown(beganAtMs: number, holdMs = 0): number | undefined {
    const slower = this.#rate.slowDown(beganAtMs, holdMs);
    // Those whose turn is now too late know it at once.
    for (const waiter of this.#queue.splice(0)) {
      const refusal = this.#refusal(waiter.deadline, this.#queue.length);
      if (refusal === undefined) this.#queue.push(waiter);
      else waiter.refuse(refusal);
    }
    this.#admit();
    return slower;
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
    for (const waiter of this.#queue.splice(0)) waiter.refuse(closed());
  }

  #admit(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    while (this.#queue.length > 0 && this.#underWay < this.#maxConcurrentCalls) {
      const waitMs = this.#rate.waitMs(1);
      if (waitMs > 0) {
        this.#stopTimer = this.#clock.after(Math.ceil(waitMs), () => {
          this.#admit();
        });
        return;
      }
      this.#rate.take();
      this.#underWay++;
      this.#queue.shift()!.admit();
    }
  }

  #leaveOnce(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#underWay--;
      this.#admit();
    };
  }

  #refusal(deadline: Deadline, ahead: number): Status | undefined {
    const waitMs = this.#rate.waitMs(ahead + 1);
    if (waitMs <= deadline.remainingMs() && ahead < queueLimit) return undefined;
    const words =
      ahead < queueLimit
        ? `the limit of ${this.#rate.configured} calls a second to upstream leaves none before the deadline`
        : `${queueLimit} calls to upstream wait already`;
    return new Status('UPSTREAM_QUOTA_USED_UP', words, {
      details: [{ type: 'RetryInfo', retryDelayMs: Math.ceil(waitMs) }],
    });
  }
}

const closed = (): Status => new Status('UPSTREAM_UNAVAILABLE', 'the connection to upstream has been closed');

function whyOver(deadline: Deadline): Status {
  return deadline.remainingMs() === 0
    ? deadlineExceeded()
    : new Status('CALL_CANCELLED', 'the caller has gone');
}
