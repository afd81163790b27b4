/** The quota of the stand-in. */
import type { Quota } from './faults.ts';

/** Counts calls in a sliding window. Refused calls do not count. */
export class QuotaWindow {
  private readonly admitted: number[] = [];

  /** @returns 0 if the call is admitted, otherwise in how many milliseconds one would be */
  take(quota: Quota | undefined, now: number): number {
    if (quota === undefined) return 0;
    const [limit, windowMs] =
      'callsPerSecond' in quota ? [quota.callsPerSecond, 1000] : [quota.callsPerMinute, 60_000];
    while (this.admitted.length > 0 && this.admitted[0]! <= now - windowMs) this.admitted.shift();
    if (this.admitted.length < limit) {
      this.admitted.push(now);
      return 0;
    }
    const leaves = this.admitted[this.admitted.length - limit] ?? now;
    return Math.max(1, leaves + windowMs - now);
  }
}
