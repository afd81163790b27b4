/** Where this room gets the time from; tests have one that stands until it is set. */
export interface UpstreamClock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Milliseconds since 1970; may be wrong, and may jump. */
  epochMs(): number;
  /** Calls back once, so many milliseconds from now, unless what it returns is called before. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: UpstreamClock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Waits so many milliseconds, or until the signal aborts; never throws. */
export function sleep(ms: number, signal: AbortSignal, clock: UpstreamClock): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = clock.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
