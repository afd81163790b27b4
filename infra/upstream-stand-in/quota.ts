import type { Quota } from './faults.ts';

/** Counts calls against a quota in a sliding window. Calls that it refuses use nothing up. */
export class QuotaWindow {
  private readonly admitted: number[] = [];

  /** Milliseconds until a call would be admitted; 0 when this one is. */
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
