/** The log line and the metrics of a Get, the same for every protocol. */
import type { JobAnswer, ReadMeter } from '../reading/get-job.ts';
import type { Status } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { readTrace } from '../telemetry/trace.ts';
import type { HeaderReader } from './request-metadata.ts';

/** A Get that was answered. */
export interface ServedGet {
  readonly requestId: string;
  readonly header: HeaderReader;
  /** Undefined where the request was refused before it was read. */
  readonly jobId: string | undefined;
  /** What was found; undefined for a failure. */
  readonly answer: JobAnswer | undefined;
  /** Undefined for success. */
  readonly failure: Status | undefined;
  /** Whether the caller had the answer already. */
  readonly notModified: boolean;
  readonly meter: ReadMeter;
  /** From `performance.now()`. */
  readonly startMs: number;
  /** The first request of a process that was started for it. */
  readonly coldStart: boolean;
  /** Whether a line of many Gets has its metrics: then its own is for debugging. */
  readonly collected?: boolean;
  /** What else the protocol has to say. */
  readonly more: LogFields;
}

export function logServedGet(log: Log, served: ServedGet): void {
  const { requestId, header, jobId, answer, failure, startMs, coldStart, collected, more } = served;
  const level = failure?.reason === 'INTERNAL' ? 'error' : collected === true ? 'debug' : 'info';
  if (log.writes?.(level) === false) return;
  const fields = {
    requestId,
    ...more,
    ...(failure === undefined ? { code: 'OK' } : failureFields(failure)),
    // A bad id may be anything.
    jobId: failure?.reason === 'INVALID_FIELD' ? undefined : jobId,
    revision: answer && String(answer.revision),
    durationMs: toTenths(performance.now() - startMs),
    coldStart: coldStart || undefined,
    ...readTrace(header('traceparent'), header('x-amzn-trace-id')),
  };
  log(level, 'get', fields, collected === true ? undefined : metricsOf(served));
}

function metricsOf({ answer, failure, notModified, meter, coldStart }: ServedGet): Metrics {
  const values = {
    ...outcome(failure, notModified),
    ...(meter.reads > 0 && { StoreLatency: toTenths(meter.latencyMs), ReadUnits: meter.readUnits }),
    ...(answer?.running === true && { AnswerAge: answerAge(answer) }),
    ...(coldStart && { ColdStart: 1 }),
  };
  if (!('Errors' in values)) return { values };
  return { values, by: { metric: 'Errors', dimension: 'Code', value: failure!.code } };
}

function outcome(failure: Status | undefined, notModified: boolean): Metrics['values'] {
  if (failure === undefined) return notModified ? { NotModified: 1 } : { JobFound: 1 };
  return failure.reason === 'JOB_NOT_FOUND' ? { JobNotFound: 1 } : { Errors: 1 };
}

/** For how many seconds nobody knows for sure whether the answer is still what upstream has. */
export function answerAge({ syncedAt }: JobAnswer): number {
  return toTenths(Math.max(0, Date.now() - syncedAt.getTime()) / 1000);
}

export function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
