import type { Deadline } from '../runtime/deadline.ts';

/** A call: one step of the event loop, unless its deadline has passed. Whatever it throws is a rejection. */
export function step<T>(deadline: Deadline, run: () => T): Promise<T> {
  return new Promise((resolve) => {
    deadline.check();
    resolve(run());
  });
}
