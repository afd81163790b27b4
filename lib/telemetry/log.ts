import type { EmbedMetrics, Metrics } from './metrics.ts';

/** How grave a log line is, from what is always there to what is never left out. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values that may stand in a log line: never tokens, and never contents of jobs or events. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one JSON line for each thing that happened; the metrics go into the same line. */
export interface Log {
  (level: LogLevel, message: string, fields?: LogFields, metrics?: Metrics): void;
  /** Whether lines of a level are written at all, for who would make many in vain; undefined where all are. */
  readonly writes?: (level: LogLevel) => boolean;
}

const gravity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * A log that writes JSON lines. docs/operations.md lists their fields.
 *
 * @param level lines below it are left out, with their metrics
 * @param write takes one line without its line break
 * @param embedMetrics puts metrics into a line; without it they are left out
 * @example
 * const log = createLog('info', (line) => process.stdout.write(`${line}\n`));
 */
export function createLog(level: LogLevel, write: (line: string) => void, embedMetrics?: EmbedMetrics): Log {
  const writes = (lineLevel: LogLevel): boolean => gravity[lineLevel] >= gravity[level];
  const log: Log = (lineLevel, message, fields = {}, metrics) => {
    if (!writes(lineLevel)) return;
    const now = new Date();
    const text = JSON.stringify({ time: now.toISOString(), level: lineLevel, message, ...fields });
    const embedded = metrics === undefined ? undefined : embedMetrics?.(metrics, now.getTime());
    write(embedded === undefined ? text : `${text.slice(0, -1)},${embedded}}`);
  };
  return Object.assign(log, { writes });
}

/** An error for the log: its own words and those of its causes, with the place in the code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `; caused by ${describeError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
