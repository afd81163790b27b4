import type { FindJob } from './find-job.ts';

/**
 * Keeps NOT_FOUND back until a minimum time has passed since the search began. Finding a job that the caller may not know of
 * takes longer than finding nothing, since there is more to transfer and to parse: that must not show. Callers who read
 * everything have nothing hidden from them, and do not wait.
 *
 * @param minimumMs given what is left of the caller's time, in milliseconds
 * @see docs/security.md
 */
export function withMinimumResponseTime(find: FindJob, minimumMs: (remainingMs: number) => number): FindJob {
  return async (request, caller, call) => {
    if (caller.readsEverything === true) return find(request, caller, call);
    const minimum = startTimer(minimumMs(call.deadline.remainingMs()));
    try {
      const found = await find(request, caller, call);
      if (found === undefined) await minimum.over;
      return found;
    } finally {
      minimum.cancel();
    }
  };
}

/** It runs from the start of the work, so that the moment of its end tells nothing of how long the work took. */
function startTimer(ms: number): { readonly over: Promise<void>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    if (ms > 0) timer = setTimeout(resolve, ms);
    else resolve();
  });
  return {
    over,
    cancel: () => {
      clearTimeout(timer);
    },
  };
}
