/** A JobEvent in proto3 JSON, read, checked, and turned into what the sync works with. */
import protojson from 'protobufjs/ext/protojson.js';
import { admitJob } from '../job/admit-job.ts';
import type { Document } from '../job/document.ts';
import { tombstone } from '../job/document.ts';
import { describeJobIdProblem } from '../job/job-id.ts';
import { patchDocument, snapshotDocument } from '../job/merge.ts';
import { readJobHeading } from '../job/job-heading.ts';
import type { RedactionOptions } from '../job/redaction.ts';
import { jobType } from '../job/job-type.ts';
import type { Field } from '../protobuf/schema.ts';
import { strikeOutOfText } from '../job/strike-out.ts';
import { MalformedMessageError } from '../protobuf/wire.ts';
import { invalidArgument } from '../runtime/status.ts';
import { unwrapEnvelope } from './envelope.ts';
import { readJson } from './json-text.ts';
import { eventSizeLimit } from './limits.ts';
import { jobEventType, jobMessageType } from './message-types.ts';
import { findPlainTextPasswords } from './plain-text-passwords.ts';
import { countUnknownFields } from './unknown-fields.ts';

/** News of one job. */
export interface JobEvent {
  /** For logs; empty where the publisher gave none. */
  readonly eventId: string;
  readonly jobId: string;
  /** Of a notice it is for logs only. */
  readonly revision: bigint;
  /** When the change happened upstream; undefined where the publisher did not say. */
  readonly occurredAt: Date | undefined;
  /**
   * What is now known of the job, as a document of its own to be merged, without secrets; `changed` for a notice that
   * says only that there is something to read upstream.
   */
  readonly news: Document | 'changed';
  /** How many JSON fields of the event have no place in a JobEvent. They are left out. */
  readonly unknownFields: number;
}

export interface JobEventOptions {
  /** Whether the values of environment variables are secrets, and replaced as such. */
  readonly redactEnvValues: boolean;
}

/**
 * Reads one JobEvent in proto3 JSON, bare or as the `detail` of an EventBridge event.
 *
 * @throws {Status} INVALID_ARGUMENT that says what is wrong with the event, never what it contains
 * @see docs/events.md
 */
export function parseJobEvent(body: string, options: JobEventOptions): JobEvent {
  refuseTooLarge(body);
  return readJobEvent(unwrapEnvelope(readJson(body)), body, options);
}

/** @throws {Status} INVALID_ARGUMENT */
export function refuseTooLarge(body: string): void {
  const size = Buffer.byteLength(body);
  if (size <= eventSizeLimit) return;
  throw invalidArgument(
    'event',
    `has ${size} bytes; at most ${eventSizeLimit} are allowed: publish a changed notice`,
  );
}

/**
 * The same for what has been parsed already.
 *
 * @param body the text that it stood in, for what a JSON parser drops
 */
export function readJobEvent(json: object, body: string, { redactEnvValues }: JobEventOptions): JobEvent {
  const message = readMessage(json);
  const jobId = message.jobId;
  const idProblem = describeJobIdProblem(jobId);
  if (idProblem !== undefined) throw invalidArgument('job_id', idProblem);
  const occurredAtMicros = readOccurredAt(message.occurredAt);
  const revision = readRevision(message.revision, occurredAtMicros);
  const passwords = findPlainTextPasswords(body);
  const redaction = { envValues: redactEnvValues, alsoSecret: passwords };
  return {
    eventId: strikeOutOfText(message.eventId, passwords),
    jobId,
    revision,
    occurredAt: occurredAtMicros === undefined ? undefined : new Date(Number(occurredAtMicros / 1000n)),
    news: readChange(message, json, jobId, revision, redaction),
    unknownFields: countUnknownFields(jobEventType, json),
  };
}

/** A field that is 0 may be missing. */
interface Timestamp {
  readonly seconds?: { toString(): string } | number;
  readonly nanos?: number;
}

/** What protobufjs makes of a JobEvent. */
interface JobEventMessage {
  readonly eventId: string;
  readonly jobId: string;
  readonly revision: { toString(): string } | number;
  readonly occurredAt: Timestamp | null;
  readonly change?: 'snapshot' | 'patch' | 'deleted' | 'changed';
  readonly snapshot: object | null;
  readonly patch: {
    readonly job: object | null;
    readonly updateMask: { readonly paths: readonly string[] } | null;
  } | null;
}

function readMessage(json: unknown): JobEventMessage {
  try {
    return protojson.fromJson(jobEventType, json, {
      ignoreUnknownFields: true,
    }) as unknown as JobEventMessage;
  } catch (error) {
    throw invalidArgument('event', withoutContents(error));
  }
}

/** protobufjs ends its messages with the value that it could not read, which must not get into a log. */
function withoutContents(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const [, place, problem] = /^\.?([\w.]+): ([^:"]+)/.exec(text) ?? [];
  return place === undefined ? 'is not a JobEvent in proto3 JSON' : `${place}: ${problem!.trim()}`;
}

function readOccurredAt(timestamp: Timestamp | null): bigint | undefined {
  if (timestamp === null) return undefined;
  const { seconds = 0, nanos = 0 } = timestamp;
  return BigInt(String(seconds)) * 1_000_000n + BigInt(Math.floor(nanos / 1000));
}

function readRevision(given: { toString(): string } | number, occurredAtMicros: bigint | undefined): bigint {
  const revision = BigInt(String(given));
  if (revision > 0n) return revision;
  if (revision < 0n) throw invalidArgument('revision', 'must not be negative');
  if (occurredAtMicros === undefined)
    throw invalidArgument('revision', 'is needed where there is no occurred_at');
  if (occurredAtMicros <= 0n)
    throw invalidArgument('occurred_at', 'must be after 1970 where it stands for the revision');
  return occurredAtMicros;
}

function readChange(
  message: JobEventMessage,
  json: object,
  jobId: string,
  revision: bigint,
  redaction: RedactionOptions,
): Document | 'changed' {
  switch (message.change) {
    case 'snapshot':
      return snapshotDocument(encodeJob('snapshot', message.snapshot!, jobId, redaction, true), revision);
    case 'patch':
      return readPatch(message.patch!, json, jobId, revision, redaction);
    case 'deleted':
      return tombstone;
    case 'changed':
      return 'changed';
    default:
      throw invalidArgument('change', 'one of snapshot, patch, deleted and changed is needed');
  }
}

function readPatch(
  patch: NonNullable<JobEventMessage['patch']>,
  json: object,
  jobId: string,
  revision: bigint,
  redaction: RedactionOptions,
): Document {
  const job = encodeJob('patch.job', patch.job ?? {}, jobId, redaction);
  const paths = patch.updateMask?.paths ?? [];
  const fields = paths.length > 0 ? paths.map(topLevelField) : presentFields(json);
  if (fields.includes(1) && readJobHeading(job).id === '') {
    throw invalidArgument('patch.update_mask', 'would clear the id of the job');
  }
  return patchDocument(job, fields, revision);
}

/** The fields that a patch names, also those to which it gives their default value, which is nothing on the wire. */
function presentFields(json: object): readonly number[] {
  const { job } = (json as { readonly patch: { readonly job?: object | null } }).patch;
  const names = Object.entries(job ?? {}).filter(([, value]) => value !== null);
  return names.map(([name]) => findTopLevelField(name)?.number).filter((number) => number !== undefined);
}

function findTopLevelField(name: string): Field | undefined {
  return jobType.fields.find((field) => field.name === name || field.jsonName === name);
}

function topLevelField(path: string): number {
  const field = findTopLevelField(path);
  if (field !== undefined) return field.number;
  throw invalidArgument(
    'patch.update_mask',
    'must name top-level fields of Job only; send a snapshot for the whole job',
  );
}

/** A Job's bytes in normal form, without secrets. */
function encodeJob(
  place: string,
  message: object,
  jobId: string,
  redaction: RedactionOptions,
  idNeeded = false,
): Uint8Array {
  try {
    const encoded = jobMessageType.encode(message).finish();
    const { job, id } = admitJob(encoded, { form: 'normal', ...redaction });
    if (id !== jobId && (id !== '' || idNeeded))
      throw invalidArgument(`${place}.id`, 'must be the job_id of the event');
    return job;
  } catch (error) {
    if (error instanceof MalformedMessageError) throw invalidArgument(place, error.message);
    throw error;
  }
}
