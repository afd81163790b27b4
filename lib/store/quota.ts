import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';

/**
 * A rate limiter that all processes share. Its permits are evenly spaced, and not saved up: in no stretch of time are
 * there more of them than its length allows, plus one, as far as the clocks of the processes agree.
 */
export interface Quota {
  /**
   * Acquires a permit, and waits until its moment has come; called before each attempt of a call.
   *
   * @throws {Status} as every call of a port, and UPSTREAM_QUOTA_USED_UP, which says when to come again, if the moment would
   *   come after the deadline or after the longest wait
   */
  acquire(deadline: Deadline): Promise<void>;
}

export interface QuotaOptions {
  /** Permits in a second, for all processes together; may be a fraction. */
  readonly callsPerSecond: number;
  /**
   * The longest that a permit is waited for, in milliseconds. A process that gives more than others always gets permits,
   * however many of the others ask.
   */
  readonly longestWaitMs: number;
  /** The clock. */
  readonly now?: () => Date;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** What a permit is asked for with. Moments are in microseconds since 1970. */
export interface PermitRequest {
  readonly nowUs: number;
  /** From one permit to the next. */
  readonly spacingUs: number;
  /** A permit later than this is of no use. */
  readonly latestUs: number;
  /** If the next permit is later than this, a process with a wrong clock has moved it there, and it counts as unknown. */
  readonly neverUs: number;
}

/**
 * The one thing that an engine does for a quota, in one atomic step for all processes: it gives the moment of the next
 * permit, or `nowUs` if that has passed or is unknown, and moves the next permit to `spacingUs` after that.
 *
 * @returns undefined, and nothing is moved, if the moment is later than `latestUs`
 * @throws {Status} as every call of a port
 */
export type ReservePermit = (request: PermitRequest, deadline: Deadline) => Promise<number | undefined>;

/** See `PermitRequest.neverUs`: a wrong clock must not stop all processes until its time has come. */
const longestAheadUs = 5 * 60_000_000;

/**
 * How late a permit may be used, in microseconds: a process that was busy or frozen for longer would call together with the
 * permits after its own.
 */
const lateUs = 100_000;

/** Permits that one call reserves, should it miss them. */
const permitsLimit = 3;

/** Makes a quota of what an engine does. */
export function createQuota(
  reserve: ReservePermit,
  { callsPerSecond, longestWaitMs, now = () => new Date(), wait = sleepUntilAborted }: QuotaOptions,
): Quota {
  const spacingUs = Math.ceil(1_000_000 / callsPerSecond);
  const clockUs = (): number => now().getTime() * 1000;
  /** Until when there is known to be no permit, so that a flood of calls does not reach the engine. */
  let usedUpUntilUs = 0;

  const reserveNext = (deadline: Deadline): Promise<number | undefined> => {
    const nowUs = clockUs();
    const latestUs = nowUs + Math.min(longestWaitMs, deadline.remainingMs()) * 1000;
    return reserve({ nowUs, spacingUs, latestUs, neverUs: nowUs + longestAheadUs }, deadline);
  };

  return {
    async acquire(deadline) {
      for (let permits = 0; permits < permitsLimit; permits++) {
        const permitUs = clockUs() < usedUpUntilUs ? undefined : await reserveNext(deadline);
        if (permitUs === undefined) break;
        const waitMs = (permitUs - clockUs()) / 1000;
        if (waitMs > 0) await wait(waitMs, deadline.signal).catch(() => undefined);
        deadline.check();
        if (clockUs() - permitUs <= lateUs) return;
      }
      usedUpUntilUs = clockUs() + spacingUs;
      throw usedUp(spacingUs);
    },
  };
}

function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms, undefined, { signal });
}

function usedUp(spacingUs: number): Status {
  return new Status(
    'UPSTREAM_QUOTA_USED_UP',
    'upstream is called as often as it allows, and more calls wait already',
    { details: [{ type: 'RetryInfo', retryDelayMs: Math.max(1000, Math.ceil(spacingUs / 1000)) }] },
  );
}
