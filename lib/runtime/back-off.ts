/** How long to wait after failures in a row: up to twice as long each time, and no longer than a ceiling. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The longest wait after so many failures in a row, 1 or more, in milliseconds. */
export function ceilingMs({ firstMs, longestMs }: BackOff, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}

/**
 * A wait between nothing and the ceiling, so that those who failed together do not come back together.
 *
 * @param random from 0 to below 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function fullJitterMs(backOff: BackOff, failures: number, random: () => number): number {
  return random() * ceilingMs(backOff, failures);
}

/** A wait between half of the ceiling and all of it, where a wait of nothing would be no wait. */
export function equalJitterMs(backOff: BackOff, failures: number, random: () => number): number {
  return ((1 + random()) / 2) * ceilingMs(backOff, failures);
}
