import { overloaded } from './limits.ts';

/** Bounds how much is under way at the same time. */
export interface Admission {
  /**
   * Does the work now, or refuses it now: nothing waits for its turn, as what waits takes memory and, when its turn
   * comes, is often wanted no more.
   *
   * @throws {Status} RESOURCE_EXHAUSTED with RetryInfo where `limit` others are under way
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether what comes now would be refused. */
  isFull(): boolean;
}

export function createAdmission(limit: number): Admission {
  let underWay = 0;
  return {
    isFull: () => underWay >= limit,
    async run(work) {
      if (underWay >= limit) throw overloaded(limit);
      underWay++;
      try {
        return await work();
      } finally {
        underWay--;
      }
    },
  };
}
