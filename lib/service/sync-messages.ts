import type { Deadline } from '../deadline.ts';
import { parseJobEvent, type JobEvent } from '../events/job-event.ts';
import { Status, toStatus } from '../status.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { readTrace } from '../telemetry/trace.ts';
import { syncJobs, type Delivery, type SyncOutcome, type SyncParts } from './sync-jobs.ts';

/** A message of the queue. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  /** Whether it was delivered before: then whoever had it may have crashed half-way. */
  readonly redelivered: boolean;
  /** X-Ray's, where the publisher had one. */
  readonly traceHeader?: string | undefined;
}

export interface SyncMessagesParts extends SyncParts {
  readonly log: Log;
  /** Whether this is the first batch of a process that was started for it. */
  readonly coldStart?: boolean;
}

/** A message and what came of it. */
interface SyncedMessage {
  readonly message: Message;
  readonly event: JobEvent | undefined;
  readonly outcome: SyncOutcome;
}

/**
 * Makes a batch of queue messages durable. A message that cannot be read fails alone. Each failure is logged with what
 * is wrong with which event, and never with what it contains.
 *
 * @returns the ids of the messages that the queue must deliver again, and only those
 */
export async function syncMessages(
  { log, coldStart = false, ...parts }: SyncMessagesParts,
  messages: readonly Message[],
  deadline: Deadline,
): Promise<readonly string[]> {
  let lostRaces = 0;
  const onLostRace = (): void => {
    lostRaces++;
  };
  const synced = await syncReadable({ ...parts, onLostRace }, messages.map(readMessage), deadline);
  for (const message of synced)
    if (typeof message.outcome !== 'string') logFailure(log, message, message.outcome);
  const count = (outcome: string): number => synced.filter((message) => message.outcome === outcome).length;
  const failed = synced
    .filter(({ outcome }) => typeof outcome !== 'string')
    .map(({ message }) => message.messageId);
  const fields = {
    messages: messages.length,
    applied: count('applied'),
    unchanged: count('unchanged'),
    failed: failed.length,
    unknownFields: synced.reduce((sum, { event }) => sum + (event?.unknownFields ?? 0), 0),
    coldStart: coldStart || undefined,
  };
  log('info', 'batch synced', fields, {
    values: {
      EventsApplied: fields.applied,
      EventsStale: fields.unchanged,
      LostRaces: lostRaces,
      ...syncLag(synced),
      ...(coldStart && { ColdStart: 1 }),
    },
  });
  return failed;
}

interface ReadMessage {
  readonly message: Message;
  readonly content: Delivery | Status;
}

function readMessage(message: Message): ReadMessage {
  const { body, redelivered } = message;
  try {
    return { message, content: { event: parseJobEvent(body), redelivered } };
  } catch (error) {
    return { message, content: toStatus(error) };
  }
}

async function syncReadable(
  parts: SyncParts,
  messages: readonly ReadMessage[],
  deadline: Deadline,
): Promise<readonly SyncedMessage[]> {
  const deliveries = messages
    .map(({ content }) => content)
    .filter((content): content is Delivery => !(content instanceof Status));
  const outcomes = await syncJobs(parts, deliveries, deadline);
  const outcomeOf = new Map(deliveries.map((delivery, index) => [delivery, outcomes[index]!]));
  return messages.map(({ message, content }) =>
    content instanceof Status
      ? { message, event: undefined, outcome: content }
      : { message, event: content.event, outcome: outcomeOf.get(content)! },
  );
}

/** Seconds from when each change happened to now that it is durable, of those whose publisher said when. */
function syncLag(synced: readonly SyncedMessage[]): { readonly SyncLag?: readonly number[] } {
  const now = Date.now();
  const lags = synced
    .filter(({ outcome }) => outcome === 'applied')
    .map(({ event }) => event?.occurredAt)
    .filter((occurredAt) => occurredAt !== undefined)
    .map((occurredAt) => Math.max(0, now - occurredAt.getTime()) / 1000);
  return lags.length === 0 ? {} : { SyncLag: lags };
}

function logFailure(log: Log, { message, event }: SyncedMessage, failure: Status): void {
  const fields = {
    messageId: message.messageId,
    ...readTrace(undefined, message.traceHeader),
    jobId: event?.jobId,
    revision: event && String(event.revision),
    code: failure.code,
    reason: failure.message,
    cause: failure.cause === undefined ? undefined : describeError(failure.cause),
  };
  log('error', 'event failed', fields, {
    values: { EventsFailed: 1 },
    by: { metric: 'EventsFailed', dimension: 'Reason', value: failure.code },
  });
}
