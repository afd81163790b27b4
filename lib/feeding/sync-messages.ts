import type { Deadline } from '../runtime/deadline.ts';
import type { JobEvent, JobEventOptions } from '../events/job-event.ts';
import type { MessageContent } from '../events/message-content.ts';
import { parseMessage } from '../events/message.ts';
import { invalidArgument, toStatus, type Status } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { readTrace } from '../telemetry/trace.ts';
import { syncJobs, type Delivery, type SyncOutcome, type SyncParts } from './sync-jobs.ts';

/** A message of the queue. */
export interface Message {
  readonly messageId: string;
  /** Undefined if it has no text, which only a message made by hand can lack. */
  readonly body: string | undefined;
  /** Whether it was delivered before: then whoever had it may have crashed half-way. */
  readonly redelivered: boolean;
  /** When the queue took it in, where that is known. */
  readonly sentAt?: Date | undefined;
  /** X-Ray's, where the publisher had one. */
  readonly traceHeader?: string | undefined;
}

export interface SyncMessagesParts extends SyncParts, JobEventOptions {
  readonly log: Log;
}

/** An event of a message, and what came of it. */
interface SyncedEvent {
  /** Undefined where it cannot be read. */
  readonly event?: JobEvent;
  readonly outcome: SyncOutcome;
}

/** What came of a message, which may hold several events. */
interface SyncedMessage {
  readonly message: Message;
  readonly events: readonly SyncedEvent[];
  readonly skipped: number;
}

/**
 * Makes a batch of queue messages durable. An event that cannot be read fails alone, and its message with it. Failures
 * are logged with what is wrong with which event, and never with what it contains.
 *
 * @returns the ids of the messages that the queue must deliver again, and only those: one of their events failed
 */
export async function syncMessages(
  { log, ...parts }: SyncMessagesParts,
  messages: readonly Message[],
  deadline: Deadline,
): Promise<readonly string[]> {
  let lostRaces = 0;
  const onLostRace = (): void => {
    lostRaces++;
  };
  const read = messages.map((message) => readMessage(message, parts));
  const synced = await syncRead({ ...parts, onLostRace }, read, deadline);
  for (const message of synced) logFailures(log, message);
  const events = synced.flatMap((message) => message.events);
  const count = (outcome: string): number => events.filter((event) => event.outcome === outcome).length;
  const failed = synced
    .filter((message) => message.events.some(hasFailed))
    .map(({ message }) => message.messageId);
  const fields = {
    messages: messages.length,
    applied: count('applied'),
    unchanged: count('unchanged'),
    failed: events.filter(hasFailed).length,
    skipped: synced.reduce((sum, { skipped }) => sum + skipped, 0),
    unknownFields: events.reduce((sum, { event }) => sum + (event?.unknownFields ?? 0), 0),
  };
  log('info', 'batch synced', fields, {
    values: {
      EventsApplied: fields.applied,
      EventsStale: fields.unchanged,
      EventsSkipped: fields.skipped,
      LostRaces: lostRaces,
      ...syncLag(events),
    },
  });
  return failed;
}

function hasFailed({ outcome }: SyncedEvent): boolean {
  return typeof outcome !== 'string';
}

interface ReadMessage {
  readonly message: Message;
  readonly content: MessageContent;
}

function readMessage(message: Message, options: JobEventOptions): ReadMessage {
  try {
    if (message.body === undefined) throw invalidArgument('body', 'is missing: it must be the event as text');
    return { message, content: parseMessage(message.body, options) };
  } catch (error) {
    return { message, content: { events: [], skipped: 0, refused: [toStatus(error)] } };
  }
}

async function syncRead(
  parts: SyncParts,
  messages: readonly ReadMessage[],
  deadline: Deadline,
): Promise<readonly SyncedMessage[]> {
  const deliveries = messages.flatMap(({ message: { redelivered, sentAt }, content }) =>
    content.events.map((event): Delivery => ({ event, redelivered, sentAt })),
  );
  const outcomes = await syncJobs(parts, deliveries, deadline);
  const outcomeOf = new Map(deliveries.map(({ event }, index) => [event, outcomes[index]!]));
  return messages.map(({ message, content: { events, refused, skipped } }) => ({
    message,
    events: [
      ...events.map((event) => ({ event, outcome: outcomeOf.get(event)! })),
      ...refused.map((outcome) => ({ outcome })),
    ],
    skipped,
  }));
}

/** Seconds from when each change happened to now that it is durable, of those whose publisher said when. */
function syncLag(synced: readonly SyncedEvent[]): { readonly SyncLag?: readonly number[] } {
  const now = Date.now();
  const lags = synced
    .filter(({ outcome }) => outcome === 'applied')
    .map(({ event }) => event?.occurredAt)
    .filter((occurredAt) => occurredAt !== undefined)
    .map((occurredAt) => Math.max(0, now - occurredAt.getTime()) / 1000);
  return lags.length === 0 ? {} : { SyncLag: lags };
}

/** One line for each reason in a message, which names the first event that failed for it: there may be thousands. */
function logFailures(log: Log, { message, events }: SyncedMessage): void {
  const byReason = Map.groupBy(events.filter(hasFailed), ({ outcome }) => (outcome as Status).reason);
  for (const [reason, failures] of byReason) {
    const { event, outcome } = failures[0]!;
    const fields = {
      messageId: message.messageId,
      ...readTrace(undefined, message.traceHeader),
      jobId: event?.jobId,
      revision: event && String(event.revision),
      ...failureFields(outcome),
      events: failures.length,
    };
    log('error', 'event failed', fields, {
      values: { EventsFailed: failures.length },
      by: { metric: 'EventsFailed', dimension: 'Reason', value: reason },
    });
  }
}
