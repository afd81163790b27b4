import type { JobAnswer, ReadMeter } from '../../reading/get-job.ts';
import type { Log } from '../../telemetry/log.ts';
import { valuesLimit } from '../../telemetry/metrics.ts';
import { answerAge, toTenths } from '../../rpc/served-get.ts';

/** Collects the calls that were answered with a job. */
export interface AnsweredCalls {
  /** @param durationMs from the call's arrival to its answer */
  add(answer: JobAnswer, meter: ReadMeter, durationMs: number): void;
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
    log('info', 'calls answered', fields, { values: { JobFound: calls, ...reads, ...ofRunning } });
    calls = longestMs = 0;
    latencies = [];
    readUnits = [];
    ages = [];
  };

  return {
    add(answer, meter, durationMs) {
      if (log.writes?.('info') === false) return;
      calls++;
      longestMs = Math.max(longestMs, durationMs);
      timer ??= setTimeout(flush, intervalMs).unref();
      if (meter.reads === 0) return;
      latencies.push(toTenths(meter.latencyMs));
      readUnits.push(meter.readUnits);
      if (answer.running) ages.push(answerAge(answer));
      if (latencies.length === valuesLimit) flush();
    },
    flush,
  };
}
