/** Inputs with fewer events are done before anybody wonders. */
const worthShowing = 1000;

export interface Progress {
  readonly add: (count: number) => void;
  readonly end: () => void;
}

/** Shows on standard error how far a large piece of work is: in place on a terminal, else a line every few seconds. */
export function startProgress(total: number): Progress {
  if (total < worthShowing) return { add: () => undefined, end: () => undefined };
  const { isTTY } = process.stderr;
  const intervalMs = isTTY ? 200 : 5000;
  let done = 0;
  let shownAt = Date.now();
  const show = (): void => {
    const text = `${done} of ${total} events, ${Math.floor((done / total) * 100)} %`;
    process.stderr.write(isTTY ? `\r${text}` : `${text}\n`);
    shownAt = Date.now();
  };
  return {
    add: (count) => {
      done += count;
      if (Date.now() - shownAt >= intervalMs) show();
    },
    end: () => {
      show();
      if (isTTY) process.stderr.write('\n');
    },
  };
}
