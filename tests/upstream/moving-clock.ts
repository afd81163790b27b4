import type { Clock } from '../../lib/runtime/deadline.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { UpstreamClock } from '../../lib/runtime/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/**
 * A clock that tests move. A leaping one moves by itself: as soon as somebody waits, to when the first of them need wait
 * no longer, so that what takes minutes takes no time and still takes its turn.
 */
export class MovingClock implements UpstreamClock, Clock {
  #nowMs = 0;
  readonly #startEpochMs = Date.parse('2026-11-24T12:00:00Z');
  readonly #leaping: boolean;
  readonly #timers = new Set<Timer>();
  /** Deadlines: nobody waits for them, they only pass. */
  readonly #timeouts = new Set<Timer>();

  constructor(kind: 'still' | 'leaping' = 'still') {
    this.#leaping = kind === 'leaping';
  }

  now(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#startEpochMs + this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    if (this.#leaping)
      setImmediate(() => {
        this.#leap();
      });
    return () => {
      this.#timers.delete(timer);
    };
  }

  timeout(afterMs: number): AbortSignal {
    const controller = new AbortController();
    const callback = (): void => {
      controller.abort(new Error('the time is up'));
    };
    this.#timeouts.add({ atMs: this.#nowMs + afterMs, callback });
    return controller.signal;
  }

  advance(ms: number): void {
    this.#moveTo(this.#nowMs + ms);
  }

  deadline(afterMs: number, caller?: AbortSignal): Deadline {
    return new Deadline(afterMs, { clock: this, ...(caller && { cancelled: () => caller }) });
  }

  #leap(): void {
    const first = Math.min(...[...this.#timers].map(({ atMs }) => atMs));
    if (Number.isFinite(first)) this.#moveTo(Math.max(first, this.#nowMs));
  }

  /** As advance, but what a timer set going has been done before the next one fires. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    while (this.#fireNext(endMs)) await settle();
    this.#nowMs = endMs;
  }

  #moveTo(endMs: number): void {
    while (this.#fireNext(endMs));
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Moves to the next timer that is due by then and fires it; false where there is none. */
  #fireNext(endMs: number): boolean {
    const [due] = [this.#timers, this.#timeouts]
      .flatMap((set) => [...set].map((timer) => ({ set, timer })))
      .filter(({ timer }) => timer.atMs <= endMs)
      .sort((a, b) => a.timer.atMs - b.timer.atMs);
    if (due === undefined) return false;
    due.set.delete(due.timer);
    this.#nowMs = Math.max(this.#nowMs, due.timer.atMs);
    due.timer.callback();
    return true;
  }
}

/** Lets everything happen that is not waiting for time or for the network. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
