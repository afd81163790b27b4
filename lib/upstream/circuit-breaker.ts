import { Status } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { equalJitterMs } from '../runtime/back-off.ts';
import type { UpstreamClock } from '../runtime/clock.ts';
import { downBackOff, failuresUntilDown } from './limits.ts';

/** What an attempt showed of upstream; `unknown` where it had no fair chance. */
export type Sign = 'up' | 'down' | 'unknown';

/** The right to one attempt. */
export interface Pass {
  /** To be called once, when the attempt is over, with its failure if it failed. */
  report(sign: Sign, failure?: Status): void;
}

type State =
  | { readonly is: 'closed'; readonly failures: number }
  | {
      readonly is: 'open';
      /** Milliseconds since 1970. */
      readonly since: number;
      /** Times that it opened or opened again. */
      readonly openings: number;
      /** By the clock. */
      readonly nextTryAtMs: number;
      /** The one call that tries whether upstream is up again. */
      readonly probe: Pass | undefined;
    };

/**
 * Fails calls at once while upstream is down, instead of letting each find out for itself: they wait for nothing then,
 * and upstream comes back to no crowd.
 *
 * @see https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
 */
export class CircuitBreaker {
  readonly #clock: UpstreamClock;
  readonly #random: () => number;
  readonly #log: Log;
  #state: State = { is: 'closed', failures: 0 };

  constructor(clock: UpstreamClock, random: () => number, log: Log) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
  }

  /** @throws {Status} UNAVAILABLE with RetryInfo while no call may be tried */
  check(): void {
    const state = this.#state;
    if (state.is === 'closed') return;
    const waitMs = state.nextTryAtMs - this.#clock.now();
    if (waitMs > 0) throw isDown(state.since, `next try in ${(waitMs / 1000).toFixed(1)} s`, waitMs);
    if (state.probe !== undefined)
      throw isDown(state.since, 'one call is trying it now', downBackOff.firstMs);
  }

  /**
   * To be called right before an attempt. While upstream is down and the time for a try has come, the first one gets
   * through and the others do not.
   *
   * @throws {Status} as check
   */
  enter(): Pass {
    this.check();
    const pass: Pass = {
      report: (sign, failure) => {
        if (sign === 'up') this.#isUp();
        else if (this.#state.is === 'closed') this.#failed(sign, this.#state.failures, failure);
        else if (this.#state.probe === pass) this.#probeFailed(sign, this.#state);
      },
    };
    if (this.#state.is === 'open') this.#state = { ...this.#state, probe: pass };
    return pass;
  }

  #isUp(): void {
    const state = this.#state;
    this.#state = { is: 'closed', failures: 0 };
    if (state.is === 'closed') return;
    const seconds = Math.round((this.#clock.epochMs() - state.since) / 1000);
    this.#log('info', 'upstream is up again', { since: isoTime(state.since), seconds });
  }

  #failed(sign: Sign, before: number, failure: Status | undefined): void {
    if (sign === 'unknown') return;
    const failures = before + 1;
    if (failures < failuresUntilDown) {
      this.#state = { is: 'closed', failures };
      return;
    }
    const since = this.#clock.epochMs();
    this.#open(since, 1);
    const last = failure && failureFields(failure);
    this.#log('warn', 'upstream is down', { since: isoTime(since), failures, ...last });
  }

  #probeFailed(sign: Sign, state: State & { readonly is: 'open' }): void {
    if (sign === 'unknown') this.#state = { ...state, probe: undefined };
    else this.#open(state.since, state.openings + 1);
  }

  #open(since: number, openings: number): void {
    const nextTryAtMs = this.#clock.now() + equalJitterMs(downBackOff, openings, this.#random);
    this.#state = { is: 'open', since, openings, nextTryAtMs, probe: undefined };
  }
}

function isDown(since: number, words: string, retryDelayMs: number): Status {
  return new Status('UPSTREAM_UNAVAILABLE', `upstream is down since ${isoTime(since)}, ${words}`, {
    details: [{ type: 'RetryInfo', retryDelayMs: Math.ceil(retryDelayMs) }],
  });
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
