/** Where the stand-in's time comes from: the machine's clock, or one that moves only when it is told to. */
export interface Timeline {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs something so many milliseconds from now. */
  after(delayMs: number, run: () => void): void;
  /** Forgets everything that is still to run. */
  stop(): void;
}

interface Entry {
  readonly at: number;
  readonly run: () => void;
}

/** Time that stands still until somebody advances it. Entries of one moment run in the order in which they were made. */
export class SimulatedClock implements Timeline {
  private time: number;
  /** By time; what comes first is last, so that taking it is cheap. */
  private readonly entries: Entry[] = [];

  /** @param startMs milliseconds since 1970 */
  constructor(startMs = Date.UTC(2026, 0, 12, 9)) {
    this.time = startMs;
  }

  now(): number {
    return this.time;
  }

  after(delayMs: number, run: () => void): void {
    const at = this.time + Math.max(0, delayMs);
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    this.entries.splice(low, 0, { at, run });
  }

  /** Runs all that is due within so many milliseconds, each at its own time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.entries.at(-1); next !== undefined && next.at <= end; next = this.entries.at(-1)) {
      this.entries.pop();
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }

  stop(): void {
    this.entries.length = 0;
  }
}

/** The longest that a timer of Node's can wait. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's time. Its timers keep no process alive. */
export class RealClock implements Timeline {
  private readonly timers = new Set<NodeJS.Timeout>();

  now(): number {
    return Date.now();
  }

  after(delayMs: number, run: () => void): void {
    const waitMs = Math.min(delayMs, longestTimerMs);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (waitMs < delayMs) this.after(delayMs - waitMs, run);
      else run();
    }, waitMs);
    timer.unref();
    this.timers.add(timer);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
