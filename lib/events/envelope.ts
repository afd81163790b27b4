import { invalidArgument } from '../runtime/status.ts';

/**
 * The event inside an EventBridge event, or the value itself where it is not one.
 *
 * @throws {Status} INVALID_ARGUMENT where the value is not a JSON object, or the envelope holds none
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
 */
export function unwrapEnvelope(json: unknown): object {
  if (!isObject(json)) throw invalidArgument('event', 'must be a JSON object');
  if (!('detail-type' in json) && !('detail' in json)) return json;
  const detail = 'detail' in json ? json.detail : undefined;
  if (!isObject(detail)) throw invalidArgument('detail', 'must be a JobEvent, a JSON object');
  return detail;
}

/** Whether a value of JSON is an object, and no list. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
