import { toStatus } from '../runtime/status.ts';
import { describeError, type LogFields } from './log.ts';

/**
 * What a log line says of a failure: its code, its reason, its words (`error`) and, if there is one, its cause. Every line
 * about a failure has these fields, so that all of them can be searched in one way. INTERNAL alone says nothing, so a
 * failure of that reason is its own cause if it has no other.
 *
 * @param failure a Status, or anything else that was thrown, which counts as a bug
 * @example
 * log('warn', 'job not refreshed', { jobId, ...failureFields(error) });
 */
export function failureFields(failure: unknown): LogFields {
  const status = toStatus(failure);
  const { code, reason, message, cause = reason === 'INTERNAL' ? status : undefined } = status;
  return { code, reason, error: message, cause: cause === undefined ? undefined : describeError(cause) };
}
