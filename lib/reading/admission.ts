import { Status } from '../runtime/status.ts';
import type { JobReader } from '../store/job-store.ts';

/** How many calls one process has under way at the same time, unless it is told otherwise. */
export const callLimit = 500;

/** When a call that was refused for want of room is worth another try, in milliseconds. */
const overloadRetryMs = 1000;

/**
 * Bounds how many calls are under way at the same time, whatever protocol they came by. A call is under way while it reads:
 * one that waits for somebody else's read, for its time to answer, or for its client costs next to nothing.
 */
export interface Admission {
  /** @throws {Status} RESOURCE_EXHAUSTED with RetryInfo if what begins to read now would be refused */
  check(): void;
  /**
   * Does the work now, or refuses it now: nothing waits for its turn, as what waits takes memory and, when its turn
   * comes, is often wanted no more.
   *
   * @throws {Status} as `check` does
   */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createAdmission(limit = callLimit): Admission {
  let underWay = 0;
  const check = (): void => {
    if (underWay >= limit) throw overloaded(limit);
  };
  return {
    check,
    async run(work) {
      check();
      underWay++;
      try {
        return await work();
      } finally {
        underWay--;
      }
    },
  };
}

/** The reader, with as many reads under way as may be. */
export function boundReads(reader: JobReader, admission: Admission): JobReader {
  return { get: (...read) => admission.run(() => reader.get(...read)) };
}

/** RESOURCE_EXHAUSTED for a call that finds as many others as there may be. */
export function overloaded(limit: number): Status {
  return new Status('OVERLOADED', `${limit} calls are under way, as many as there may be; try later`, {
    details: [{ type: 'RetryInfo', retryDelayMs: overloadRetryMs }],
  });
}
