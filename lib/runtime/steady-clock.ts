/** Both count milliseconds. */
interface ClockSources {
  /** The time of day, which somebody may set back. */
  readonly timeOfDay: () => number;
  /** Never goes back, but may stand still while a function is frozen. */
  readonly monotonic: () => number;
}

/**
 * A clock for what must not be used for too long: it runs on where the time of day is set back, and catches up with the
 * time of day where it stood still itself. So an age by it may be too high, where the time of day was set forward, and
 * never is too low unless both went wrong.
 *
 * @returns milliseconds since 1970, or more; never less than before
 */
export function createSteadyClock({
  timeOfDay = Date.now,
  monotonic = () => performance.now(),
}: Partial<ClockSources> = {}): () => number {
  let ahead = -Infinity;
  return () => {
    const now = monotonic();
    ahead = Math.max(ahead, timeOfDay() - now);
    return now + ahead;
  };
}
