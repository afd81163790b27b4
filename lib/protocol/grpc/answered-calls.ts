import { ageInSeconds, toTenths } from '../../rpc/access-log.ts';
import type { AnswerRecord, Call } from '../../rpc/method.ts';
import type { Log } from '../../telemetry/log.ts';
import { valuesLimit, type Metrics } from '../../telemetry/metrics.ts';

/** Collects the unary calls that were answered. */
export interface AnsweredCalls {
  /** @param durationMs from the call's arrival to its answer */
  add(record: AnswerRecord, meter: Call['meter'], durationMs: number): void;
  /** Writes what was collected since the last line; nothing where there was no call. */
  flush(): void;
}

/** How long calls are collected for one line, in milliseconds. */
const intervalMs = 1000;

/**
 * One log line for the calls of a second, or for as many as read the table a hundred times, which is what a metric's
 * values in one line can be. A line for each call would cost more than the container that answers them.
 */
export function collectAnsweredCalls(log: Log): AnsweredCalls {
  let calls = 0;
  let longestMs = 0;
  /** What the calls count for, by metric. */
  let counts: Record<string, number> = {};
  let latencies: number[] = [];
  let readUnits: number[] = [];
  /** Of running jobs. */
  let ages: number[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (calls === 0) return;
    const fields = { protocol: 'grpc', calls, longestMs: toTenths(longestMs) };
    const reads = latencies.length > 0 && { StoreLatency: latencies, ReadUnits: readUnits };
    const ofRunning = ages.length > 0 && { AnswerAge: ages };
    log('info', 'calls answered', fields, { values: { ...counts, ...reads, ...ofRunning } });
    calls = longestMs = 0;
    counts = {};
    latencies = [];
    readUnits = [];
    ages = [];
  };

  return {
    add(record, meter, durationMs) {
      if (log.writes?.('info') === false) return;
      calls++;
      for (const name in record.counts) {
        const count = record.counts[name as keyof Metrics['values']] as number;
        counts[name] = (counts[name] ?? 0) + count;
      }
      longestMs = Math.max(longestMs, durationMs);
      timer ??= setTimeout(flush, intervalMs).unref();
      if (meter.reads === 0) return;
      latencies.push(toTenths(meter.latencyMs));
      readUnits.push(meter.readUnits);
      if (record.confirmedAt !== undefined) ages.push(ageInSeconds(record.confirmedAt));
      if (latencies.length === valuesLimit) flush();
    },
    flush,
  };
}
