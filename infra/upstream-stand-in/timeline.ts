/** The time of the stand-in: of the machine, or of a clock that tests move. */
export interface Timeline {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs something after a delay in milliseconds. */
  after(delayMs: number, run: () => void): void;
  /** Drops everything that has not run yet. */
  stop(): void;
}

interface Entry {
  readonly at: number;
  readonly run: () => void;
}

/** Time that moves only when it is advanced. Entries of one moment run in the order in which they were added. */
export class SimulatedClock implements Timeline {
  private time: number;
  /** By time, the next one last: it is cheap to take from there. */
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

  /** Moves the time by some milliseconds, and runs all that becomes due, each entry at its own time. */
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

/** The longest wait of a timer of Node. */
const longestTimerMs = 2 ** 31 - 1;

/** The time of the machine. Its timers do not keep a process alive. */
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
