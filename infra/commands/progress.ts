/** The progress of a long command, on standard error. */

/** Smaller inputs show no progress: they are done soon. */
const worthShowing = 1000;

/** Width of the bar on a terminal, in characters. */
const barWidth = 20;

export interface Progress {
  readonly add: (count: number) => void;
  /** Sets the total, if it was not known at the start. */
  readonly expect: (total: number) => void;
  readonly end: () => void;
}

/**
 * Shows how much is done, and how long the rest will take: in place on a terminal, otherwise as a line every few seconds.
 *
 * @param unit what is counted, such as `events`
 * @param total how many there are; undefined if that is not known yet
 */
export function startProgress(unit: string, total?: number): Progress {
  if (total !== undefined && total < worthShowing)
    return { add: () => undefined, expect: () => undefined, end: () => undefined };
  const { isTTY } = process.stderr;
  const intervalMs = isTTY ? 200 : 5000;
  const startedAt = Date.now();
  let done = 0;
  let shownAt = startedAt;
  const show = (): void => {
    shownAt = Date.now();
    const text = describe(done, total, unit, shownAt - startedAt);
    const bar = isTTY && total !== undefined ? `${drawBar(done / total)} ` : '';
    // Clears the rest of a longer text that was shown before.
    process.stderr.write(isTTY ? `\r${bar}${text}\u001b[K` : `${text}\n`);
  };
  return {
    add: (count) => {
      done += count;
      if (Date.now() - shownAt >= intervalMs) show();
    },
    expect: (expected) => {
      total = expected;
    },
    end: () => {
      show();
      if (isTTY) process.stderr.write('\n');
    },
  };
}

function describe(done: number, total: number | undefined, unit: string, elapsedMs: number): string {
  if (total === undefined) return `${done} ${unit}`;
  const part = Math.min(1, done / Math.max(1, total));
  const leftSeconds = Math.ceil((elapsedMs / 1000) * (1 / part - 1));
  const left = part < 1 && done > 0 ? `, about ${leftSeconds} s left` : '';
  return `${done} of ${total} ${unit}, ${Math.floor(part * 100)} %${left}`;
}

function drawBar(part: number): string {
  const full = Math.round(Math.min(1, part) * barWidth);
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
