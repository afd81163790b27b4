/**
 * The ports of this room say what the use cases need of a store, whatever engine is behind it. `lib/dynamodb` and
 * `lib/memory` are engines; `tests/contract` has a suite for each port, which every engine passes.
 *
 * What holds for every call of every port:
 *
 * - It raises a Status: STORE_UNAVAILABLE if the engine is throttled or cannot be reached, after the engine's own retries;
 *   DEADLINE_EXCEEDED once the deadline has passed; CALL_CANCELLED when the caller has gone. Anything else is a bug.
 * - A write that raises one of these may have happened all the same, or may happen a little later.
 * - Moments are taken from the clock of the process that writes or reads. Clocks of processes may differ.
 */
import type { Deadline } from '../runtime/deadline.ts';
import { revisionOf, type Document } from '../job/document.ts';

/** A document as the store holds it. */
export interface StoredJob {
  readonly document: Document;
  /** When the write of the document began. */
  readonly syncedAt: Date;
  /**
   * Names the write that made the document: no other write of the job has this name. It is what a conditional write
   * compares, so it belongs to the port; its form is the engine's. A tombstone has none (it is empty), as nothing
   * replaces a tombstone.
   */
  readonly generation: string;
  /**
   * Whether the index by project has the document, or will have it in a moment. Only the engine knows what it wrote to the
   * index, and only what is in the index is compared with upstream: nothing confirms other documents.
   */
  readonly indexed?: boolean;
  /** When the read began that found it, in milliseconds since 1970; undefined if a write found it in its way. */
  readonly readAtMs?: number;
}

/** What a document was made from. It decides whether the document may replace what the store holds by now. */
export type Expectation =
  /**
   * The store holds nothing of the job, or a document whose revision is lower than the new document's snapshot: merging
   * could only give the new document, so nothing has to be read before. A tombstone may replace anything but a tombstone.
   */
  | 'nothing-newer'
  /** The store still holds what was read: the same generation, or still nothing. */
  | { readonly unchangedFrom: StoredJob | undefined };

/** A lost race is not an error: it gives what the store holds instead, so that the caller can merge and try again. */
export type PutResult =
  { readonly written: true } | { readonly written: false; readonly current: StoredJob | undefined };

/** Reads documents. */
export interface JobReader {
  /**
   * Gives a document that was written as a whole, never a mixture of two. A consistent read sees every write that was
   * acknowledged before it began. Any other read may give an earlier document, or none, for a moment.
   *
   * @param jobId 1 to 64 characters of `[A-Za-z0-9_-]`
   * @returns undefined if there is nothing of the job. A tombstone is a document
   * @throws {Status} as every call of a port, and JOB_CHANGES_TOO_FAST if a large document was replaced each time that the
   *   engine tried to read it
   */
  get(jobId: string, options: ReadOptions): Promise<StoredJob | undefined>;
}

export interface ReadOptions {
  /** Costs twice as much on an engine that charges for reads. */
  readonly consistent: boolean;
  readonly deadline: Deadline;
  /**
   * The caller for whom the job is read; undefined for the service itself. The engine treats a job that they may not read
   * as absent. It is asked here, and not after the read, because only the engine knows the project before it has read the
   * whole: the rest of a large document would cost time, by which a caller could tell a hidden job from an absent one.
   */
  readonly caller?: { mayRead(projectId: string): boolean };
  /** Adds up what reading costs. */
  readonly meter?: ReadMeter | undefined;
}

/** What reading cost so far. Whoever serves a request makes one, and engines add to it. */
export interface ReadMeter {
  /** How often a job was read. */
  reads: number;
  /** Time in milliseconds, the engine's own retries included. */
  latencyMs: number;
  /** What the engine will charge, in its own unit, such as DynamoDB's read units; 0 if it does not say. */
  readUnits: number;
}

/** Keeps documents, one a job id. */
export interface JobStore extends JobReader {
  /**
   * Replaces the job's document as a whole if the expectation holds, or else changes nothing. Of several writers with one
   * expectation exactly one wins. Nothing replaces a tombstone. When the call returns, the write is durable, and every
   * consistent read that begins later sees it.
   *
   * An engine that tries a write again, since its answer was lost, has to know its own write: a process never loses a race
   * against itself.
   *
   * A tombstone is kept for the days that the engine was created with, at least. Then the engine forgets it, at any time.
   *
   * @returns whether the document was written, and if not, what the store holds: what a consistent read would give
   * @throws {Status} as every call of a port, and DOCUMENT_TOO_LARGE; then nothing has changed
   * @throws {Error} for a document without a snapshot and the expectation `nothing-newer`: patches alone replace nothing
   */
  put(jobId: string, document: Document, options: WriteOptions): Promise<PutResult>;

  /**
   * Removes what crashed writers of the job left behind, if the engine writes documents in several steps. It is called when
   * a message comes again, whose first reader may have crashed.
   *
   * @throws {Status} as every call of a port
   */
  removeLeftovers(jobId: string, deadline: Deadline): Promise<void>;
}

export interface WriteOptions {
  readonly expect: Expectation;
  readonly deadline: Deadline;
}

/**
 * Whether a document may replace what the store holds: the rule of `put`, for engines that look before they write. An engine
 * that leaves the comparison to a database says the same in its conditions.
 *
 * @throws {Error} for patches alone and the expectation `nothing-newer`
 */
export function mayReplace(current: StoredJob | undefined, document: Document, expect: Expectation): boolean {
  const blind = expect === 'nothing-newer';
  if (blind && !document.deleted && document.snapshotRevision === undefined) throw patchesAlone();
  if (current === undefined) return blind || expect.unchangedFrom === undefined;
  if (current.document.deleted) return false;
  if (!blind) return expect.unchangedFrom?.generation === current.generation;
  return document.deleted || revisionOf(current.document) < document.snapshotRevision!;
}

/** A bug of the caller. */
export function patchesAlone(): Error {
  return new Error('patches alone cannot replace what was not read');
}
