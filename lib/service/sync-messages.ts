import type { Deadline } from '../deadline.ts';
import { parseJobEvent, type JobEvent, type JobEventOptions } from '../events/job-event.ts';
import { Status, toStatus } from '../status.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { syncJobs, type Delivery, type SyncOutcome, type SyncParts } from './sync-jobs.ts';

/** A message of the queue. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  /** Whether it was delivered before: then whoever had it may have crashed half-way. */
  readonly redelivered: boolean;
}

/** A message and what came of it. */
interface SyncedMessage {
  readonly messageId: string;
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
  { log, redactEnvValues, ...parts }: SyncParts & JobEventOptions & { readonly log: Log },
  messages: readonly Message[],
  deadline: Deadline,
): Promise<readonly string[]> {
  const synced = await syncReadable(
    parts,
    messages.map((message) => readMessage(message, { redactEnvValues })),
    deadline,
  );
  for (const message of synced)
    if (typeof message.outcome !== 'string') logFailure(log, message, message.outcome);
  const count = (outcome: string): number => synced.filter((message) => message.outcome === outcome).length;
  const failed = synced
    .filter(({ outcome }) => typeof outcome !== 'string')
    .map(({ messageId }) => messageId);
  log('info', 'batch synced', {
    messages: messages.length,
    applied: count('applied'),
    unchanged: count('unchanged'),
    failed: failed.length,
    unknownFields: synced.reduce((sum, { event }) => sum + (event?.unknownFields ?? 0), 0),
  });
  return failed;
}

interface ReadMessage {
  readonly messageId: string;
  readonly content: Delivery | Status;
}

function readMessage({ messageId, body, redelivered }: Message, options: JobEventOptions): ReadMessage {
  try {
    return { messageId, content: { event: parseJobEvent(body, options), redelivered } };
  } catch (error) {
    return { messageId, content: toStatus(error) };
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
  return messages.map(({ messageId, content }) =>
    content instanceof Status
      ? { messageId, event: undefined, outcome: content }
      : { messageId, event: content.event, outcome: outcomeOf.get(content)! },
  );
}

function logFailure(log: Log, { messageId, event }: SyncedMessage, failure: Status): void {
  log('error', 'event failed', {
    messageId,
    jobId: event?.jobId,
    revision: event?.revision,
    code: failure.code,
    reason: failure.message,
    cause: failure.cause === undefined ? undefined : describeError(failure.cause),
  });
}
