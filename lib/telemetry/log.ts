/** How grave a log line is, from what is always there to what is never left out. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values that may stand in a log line: never tokens, and never contents of jobs or events. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** Writes one JSON line for each thing that happened. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

const gravity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * A log that writes JSON lines.
 *
 * @param level lines below it are left out
 * @param write takes one line without its line break
 * @example
 * const log = createLog('info', (line) => process.stdout.write(`${line}\n`));
 */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  return (lineLevel, message, fields = {}) => {
    if (gravity[lineLevel] < gravity[level]) return;
    const line = { time: new Date().toISOString(), level: lineLevel, message, ...fields };
    write(JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
  };
}

/** An error for the log: its own words and those of its causes, with the place in the code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `; caused by ${describeError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
