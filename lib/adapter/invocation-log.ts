/** The log of one invocation: each line has the request id of Lambda, and the first of a new instance says so. */
import type { MiddlewareObj } from '@middy/core';
import type { Log } from '../telemetry/log.ts';

/** What the use case takes. */
interface WithLog {
  readonly log: Log;
}

/** Middleware: hands the use case the log of its invocation. */
export function invocationLog(log: Log): MiddlewareObj<WithLog> {
  let coldStart = true;
  return {
    before(invocation) {
      const bound = bind(log, invocation.context.awsRequestId, coldStart);
      coldStart = false;
      invocation.event = { ...invocation.event, log: bound };
    },
  };
}

function bind(log: Log, requestId: string, coldStart: boolean): Log {
  let isNew = coldStart;
  return (level, message, fields, metrics) => {
    if (!isNew || log.writes?.(level) === false) {
      log(level, message, { requestId, ...fields }, metrics);
      return;
    }
    isNew = false;
    const values = { ...metrics?.values, ColdStart: 1 };
    log(level, message, { requestId, ...fields, coldStart: true }, { ...metrics, values });
  };
}
