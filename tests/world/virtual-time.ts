/** Time that stands still while anything real is under way, for tests of hours that take seconds. */
import type { Clock } from '../../lib/runtime/deadline.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import type { UpstreamClock } from '../../lib/runtime/clock.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';

/**
 * Turns of the event loop in which nothing happened, until nothing is believed to be under way: a call over loopback
 * within one process is at its other end in a turn or two, and a connection takes some more.
 */
const quietTurns = 30;

/**
 * A SimulatedClock that is advanced only when the parts that were wrapped are idle: then all that goes on is waiting.
 * Calls over loopback need no time of their own, so that results do not depend on how fast the machine is.
 */
export class VirtualTime {
  readonly simulated = new SimulatedClock();
  /** For lib/upstream. */
  readonly upstreamClock: UpstreamClock;
  private underWay = 0;
  private events = 0;
  private readonly watched: (() => number)[] = [() => this.events];
  private readonly clock: Clock;

  constructor() {
    const now = (): number => this.simulated.now();
    const after = (ms: number, callback: () => void): (() => void) => {
      let wanted = true;
      this.simulated.after(ms, () => {
        this.events++;
        if (wanted) callback();
      });
      return () => {
        wanted = false;
      };
    };
    this.upstreamClock = { now, epochMs: now, after };
    this.clock = {
      now,
      timeout: (ms) => {
        const controller = new AbortController();
        after(ms, () => {
          controller.abort(new Error('the time is up'));
        });
        return controller.signal;
      },
    };
  }

  readonly now = (): Date => new Date(this.simulated.now());

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.upstreamClock.after(ms, resolve);
    });

  deadline(ms: number): Deadline {
    return new Deadline(ms, { clock: this.clock });
  }

  /** Whatever changes when something real happens that is not wrapped. */
  watch(count: () => number): void {
    this.watched.push(count);
  }

  /** The same function; time stands still until what it gives has settled. */
  real<Args extends unknown[], Result>(
    work: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      this.underWay++;
      this.events++;
      try {
        return await work(...args);
      } finally {
        this.underWay--;
        this.events++;
      }
    };
  }

  /** Moves time on in steps, each once nothing but time is waited for. */
  async advance(ms: number, stepMs: number, everyStep: () => Promise<void>): Promise<void> {
    const end = this.simulated.now() + ms;
    while (this.simulated.now() < end) {
      this.simulated.advance(Math.min(stepMs, end - this.simulated.now()));
      await this.settle();
      await everyStep();
      await this.settle();
    }
  }

  private async settle(): Promise<void> {
    const count = (): number => this.watched.reduce((sum, one) => sum + one(), 0);
    for (let quiet = 0, seen = count(); quiet < quietTurns; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      const happened = count();
      if (this.underWay > 0 || happened !== seen) quiet = 0;
      seen = happened;
    }
  }
}
