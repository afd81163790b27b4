/**
 * Audit Trails events of DataSphere: each says that something happened to a job, and nothing of its state.
 *
 * @see https://yandex.cloud/en/docs/audit-trails/concepts/format
 * @see https://github.com/yandex-cloud/docs/blob/master/en/_includes/audit-trails/events/ds-events.md
 */
import { describeJobIdProblem } from '../job/job-id.ts';
import { invalidArgument, toStatus, type Status } from '../runtime/status.ts';
import { isObject } from './envelope.ts';
import type { JobEvent } from './job-event.ts';
import { auditEventsLimit, noticesLimit } from './limits.ts';
import type { MessageContent } from './message-content.ts';

const jobEventType =
  /^yandex\.cloud\.audit\.datasphere\.(?:CreateJob|CloneJob|ExecuteJob|CancelJob|DeleteJobData|UpdateJobDataTtl|DeleteAllJobData)$/;

/** The one that is about several jobs. */
const severalJobsType = 'yandex.cloud.audit.datasphere.DeleteAllJobData';

/** Whether a JSON object is an Audit Trails event, of whatever service. */
export function isAuditEvent(json: object): boolean {
  return typeof member(json, 'event_type', 'eventType') === 'string';
}

/**
 * Reads Audit Trails events, in either of their spellings. One that is wrong does not take the others with it.
 *
 * @throws {Status} INVALID_ARGUMENT where there are too many, or they name too many jobs
 */
export function readAuditEvents(all: readonly unknown[]): MessageContent {
  if (all.length > auditEventsLimit)
    throw invalidArgument(
      'event',
      `has ${all.length} Audit Trails events; at most ${auditEventsLimit} may be`,
    );
  const events: JobEvent[] = [];
  const refused: Status[] = [];
  let skipped = 0;
  for (const [index, json] of all.entries()) {
    const place = all.length === 1 ? '' : `[${index}].`;
    try {
      const notices = readNotices(json, place);
      if (notices.length === 0) skipped++;
      events.push(...notices);
    } catch (error) {
      refused.push(toStatus(error));
    }
    if (events.length > noticesLimit)
      throw invalidArgument('event', `names more than ${noticesLimit} jobs, which is the most that may be`);
  }
  return { events, skipped, refused };
}

/** A notice for each job that an event gives reason to read. */
function readNotices(json: unknown, place: string): readonly JobEvent[] {
  if (!isObject(json) || !isAuditEvent(json))
    throw invalidArgument(`${place}event_type`, 'is needed: this is no Audit Trails event');
  const type = member(json, 'event_type', 'eventType') as string;
  // What was refused or failed changed nothing.
  if (!jobEventType.test(type) || member(json, 'event_status', 'eventStatus') === 'ERROR') return [];
  const details = member(json, 'details', 'details');
  if (!isObject(details)) throw invalidArgument(`${place}details`, 'must be a JSON object');
  const eventId = idOrNothing(member(json, 'event_id', 'eventId'));
  const occurredAt = readTime(member(json, 'event_time', 'eventTime'));
  return jobIdsOf(type, details, place).map((jobId) => ({
    eventId,
    jobId,
    revision: BigInt(occurredAt?.getTime() ?? 0) * 1000n,
    occurredAt,
    news: 'changed',
    unknownFields: 0,
  }));
}

function jobIdsOf(type: string, details: object, place: string): readonly string[] {
  if (type !== severalJobsType)
    return [checkJobId(member(details, 'job_id', 'jobId'), `${place}details.job_id`)];
  const ids = member(details, 'job_ids', 'jobIds');
  if (!Array.isArray(ids)) throw invalidArgument(`${place}details.job_ids`, 'must be a list of job ids');
  if (ids.length > noticesLimit)
    throw invalidArgument(
      `${place}details.job_ids`,
      `has ${ids.length} jobs; at most ${noticesLimit} may be`,
    );
  return ids.map((id: unknown, index) => checkJobId(id, `${place}details.job_ids[${index}]`));
}

function checkJobId(id: unknown, place: string): string {
  if (typeof id !== 'string') throw invalidArgument(place, 'must be the id of a job, a text');
  const problem = describeJobIdProblem(id);
  if (problem !== undefined) throw invalidArgument(place, problem);
  return id;
}

/** Logs may have an id, and nothing else that stands in its place. */
function idOrNothing(id: unknown): string {
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : '';
}

function readTime(time: unknown): Date | undefined {
  if (typeof time !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(time)) return undefined;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The format's own page spells names with underscores, the page of each event in camelCase. */
function member(json: object, snakeCase: string, camelCase: string): unknown {
  const members = json as Readonly<Record<string, unknown>>;
  return members[snakeCase] ?? members[camelCase];
}
