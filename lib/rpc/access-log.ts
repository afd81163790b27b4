/** The access log: the line and the metrics of a call, the same for every method and protocol. */
import type { Status } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { readTrace } from '../telemetry/trace.ts';
import type { AnswerRecord, Call, Method } from './method.ts';
import type { HeaderReader } from './request-metadata.ts';

/** A call that was answered. */
export interface ServedCall {
  readonly requestId: string;
  readonly header: HeaderReader;
  /** Undefined if what was called is not served. */
  readonly method: Method | undefined;
  /** Undefined if it was refused before it was read. */
  readonly request: object | undefined;
  /** What was answered; undefined for a failure. */
  readonly record: AnswerRecord | undefined;
  /** Undefined for success. */
  readonly failure: Status | undefined;
  /** Whether the caller had the answer already. */
  readonly notModified?: boolean;
  readonly meter: Call['meter'];
  /** From `performance.now()`. */
  readonly startMs: number;
  /** The first request of a process that was started for it. */
  readonly coldStart?: boolean;
  /** Whether a line of many calls has its metrics: then its own is for debugging. */
  readonly collected?: boolean;
  /** What else the protocol has to say. */
  readonly more: LogFields;
}

/** Calls of what is not served are logged as the first method's always were: dashboards and alarms go by that. */
const messageWithoutMethod = 'get';

export function logCall(log: Log, call: ServedCall): void {
  const { requestId, header, method, request, record, failure, startMs, coldStart, collected, more } = call;
  const level = failure?.reason === 'INTERNAL' ? 'error' : collected === true ? 'debug' : 'info';
  if (log.writes?.(level) === false) return;
  // A bad request may hold anything.
  const isReadable = request !== undefined && failure?.reason !== 'INVALID_FIELD';
  const fields = {
    requestId,
    ...more,
    ...(failure === undefined ? { code: 'OK' } : failureFields(failure)),
    ...(isReadable && method?.facts?.(request)),
    ...record?.fields,
    durationMs: toTenths(performance.now() - startMs),
    coldStart: coldStart === true || undefined,
    ...readTrace(header('traceparent'), header('x-amzn-trace-id')),
  };
  const message = method?.name.toLowerCase() ?? messageWithoutMethod;
  log(level, message, fields, collected === true ? undefined : metricsOf(call));
}

function metricsOf({ record, failure, notModified, meter, coldStart }: ServedCall): Metrics | undefined {
  const values = {
    ...(failure === undefined ? countsOf(record, notModified) : outcomeOf(failure)),
    ...(meter.reads > 0 && { StoreLatency: toTenths(meter.latencyMs), ReadUnits: meter.readUnits }),
    ...(record?.confirmedAt && { AnswerAge: ageInSeconds(record.confirmedAt) }),
    ...(coldStart === true && { ColdStart: 1 }),
  };
  if (Object.keys(values).length === 0) return undefined;
  if (!('Errors' in values)) return { values };
  return { values, by: { metric: 'Errors', dimension: 'Code', value: failure!.code } };
}

function countsOf(record: AnswerRecord | undefined, notModified: boolean | undefined): Metrics['values'] {
  return notModified === true ? { NotModified: 1 } : (record?.counts ?? {});
}

function outcomeOf({ reason }: Status): Metrics['values'] {
  return reason === 'JOB_NOT_FOUND' ? { JobNotFound: 1 } : { Errors: 1 };
}

/** For how many seconds nobody knows for sure whether an answer is still what upstream has. */
export function ageInSeconds(confirmedAt: Date): number {
  return toTenths(Math.max(0, Date.now() - confirmedAt.getTime()) / 1000);
}

export function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
