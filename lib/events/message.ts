import { isAuditEvent, readAuditEvents } from './audit-trails.ts';
import { unwrapEnvelope } from './envelope.ts';
import { readJobEvent, refuseTooLarge, type JobEventOptions } from './job-event.ts';
import { readJsonLines } from './json-text.ts';
import { auditEventsLimit } from './limits.ts';
import type { MessageContent } from './message-content.ts';

/**
 * Reads the body of one queue message: a JobEvent; an Audit Trails event; several, as a list, as JSON Lines, or as the
 * batch that a trigger for Data Streams makes of them; each but lists and lines also as the `detail` of an EventBridge
 * event.
 *
 * @throws {Status} INVALID_ARGUMENT that says what is wrong with the message, never what it contains. Single Audit
 *   Trails events that are wrong are returned instead
 * @see docs/events.md
 */
export function parseMessage(body: string, options: JobEventOptions): MessageContent {
  refuseTooLarge(body);
  const values = readJsonLines(body, auditEventsLimit);
  if (values.length > 1) return readAuditEvents(values);
  const [json] = values;
  if (Array.isArray(json)) return readAuditEvents(json);
  const content = unwrapEnvelope(json);
  // A JobEvent may have fields of any other name that nobody here knows.
  if (!('jobId' in content) && !('job_id' in content)) {
    if (isAuditEvent(content)) return readAuditEvents([content]);
    if (isBatch(content)) return readAuditEvents(content.messages);
  }
  return { events: [readJobEvent(content, body, options)], skipped: 0, refused: [] };
}

/** @see https://yandex.cloud/en/docs/functions/concepts/trigger/data-streams-trigger#format */
function isBatch(content: object): content is { readonly messages: readonly unknown[] } {
  return 'messages' in content && Array.isArray(content.messages);
}
