import type { UpstreamClock } from '../runtime/clock.ts';
import { longestHoldMs, recoveryMs, slowestPart } from './limits.ts';

/**
 * A token bucket whose rate halves when upstream throttles, and grows back in a straight line (AIMD, as TCP does it).
 */
export class CallRate {
  /** Calls in a second while upstream does not throttle. */
  readonly configured: number;
  readonly #burst: number;
  readonly #clock: UpstreamClock;
  /** Calls that may begin now. */
  #saved: number;
  #countedAtMs: number;
  #slowed = { rate: 0, atMs: -Infinity };
  #heldUntilMs = -Infinity;

  constructor(callsPerSecond: number, burst: number, clock: UpstreamClock) {
    if (!(callsPerSecond > 0 && callsPerSecond < Infinity && burst >= 1))
      throw new Error('the rate of calls is above 0, and the burst 1 or more');
    this.configured = callsPerSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#saved = burst;
    this.#countedAtMs = clock.now();
  }

  /** How long until so many more calls may have begun, in milliseconds; 0 where they may now. */
  waitMs(calls: number): number {
    this.#count();
    const heldMs = Math.max(0, this.#heldUntilMs - this.#clock.now());
    const missing = calls - this.#saved;
    // What rounding leaves of a call is no wait.
    return missing < 1e-6 ? heldMs : heldMs + (missing / this.#current()) * 1000;
  }

  /** One call begins. */
  take(): void {
    this.#count();
    this.#saved -= 1;
  }

  /** As CallGate's. Attempts that were throttled together slow us once. */
  slowDown(beganAtMs: number, holdMs: number): number | undefined {
    const now = this.#clock.now();
    this.#heldUntilMs = Math.max(this.#heldUntilMs, now + Math.min(holdMs, longestHoldMs));
    if (beganAtMs < this.#slowed.atMs) return undefined;
    this.#count();
    const rate = Math.max(this.#current() / 2, this.configured * slowestPart);
    this.#slowed = { rate, atMs: now };
    this.#saved = Math.min(this.#saved, 0);
    return rate;
  }

  #current(): number {
    const { rate, atMs } = this.#slowed;
    const grown = (this.#clock.now() - atMs) / recoveryMs;
    return Math.min(this.configured, rate + this.configured * grown);
  }

  /** What was saved since the last count; nothing while all calls are held back. */
  #count(): void {
    const now = this.#clock.now();
    const from = Math.max(this.#countedAtMs, Math.min(now, this.#heldUntilMs));
    this.#saved = Math.min(this.#burst, this.#saved + ((now - from) / 1000) * this.#current());
    this.#countedAtMs = now;
  }
}
