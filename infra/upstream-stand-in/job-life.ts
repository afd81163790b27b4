/** What happens to jobs of the stand-in, and when. */
import type { Random } from './random.ts';

/** What will happen to a job, unless a request changes it. All times are in milliseconds. */
export interface Life {
  readonly creatingMs: number;
  readonly preparingMs: number;
  readonly executingMs: number;
  /** The time between changes of its status_details while it executes. */
  readonly detailsEveryMs: number;
  readonly uploadingMs: number;
  /** CANCELLED: it is cancelled halfway through its execution. */
  readonly outcome: 'SUCCESS' | 'ERROR' | 'CANCELLED';
  readonly cancellingMs: number;
  /** How long its data are kept after its end. */
  readonly dataTtlMs: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * Draws one of three kinds of life: less than a second, seconds to minutes, or hours. Seven in ten jobs succeed.
 *
 * @param speed how many times faster than real jobs
 */
export function drawLife(random: Random, speed: number): Life {
  const between = (least: number, most: number): number =>
    Math.max(1, Math.round((least + random.below(most - least + 1)) / speed));
  const kind = random.below(10);
  const creatingMs = between(200, 5 * second);
  const [preparingMs, executingMs, uploadingMs] =
    kind < 2
      ? [between(20, 200), between(100, 500), between(10, 200)]
      : kind < 7
        ? [between(second, 20 * second), between(5 * second, 5 * minute), between(second, 20 * second)]
        : [
            between(30 * second, 5 * minute),
            between(20 * minute, 4 * hour),
            between(10 * second, 5 * minute),
          ];
  const end = random.below(10);
  return {
    creatingMs,
    preparingMs,
    executingMs,
    uploadingMs,
    detailsEveryMs: Math.ceil(executingMs / (1 + random.below(4))),
    outcome: end < 7 ? 'SUCCESS' : end < 9 ? 'ERROR' : 'CANCELLED',
    cancellingMs: between(100, 10 * second),
    dataTtlMs: random.below(3) === 0 ? between(minute, 20 * minute) : between(hour, 14 * 24 * hour),
  };
}
