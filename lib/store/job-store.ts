import type { Deadline } from '../runtime/deadline.ts';
import type { Document } from '../job/document.ts';

/** A document as the table has it. */
export interface StoredJob {
  readonly document: Document;
  /** When it was written. */
  readonly syncedAt: Date;
  /** Names the write that made it, and no other. */
  readonly generation: string;
  /** Whether the index by project has it: rounds through the project look at no other. */
  readonly indexed?: boolean;
  /** When the read began that found it, in milliseconds since 1970; undefined where no read of a reader's did. */
  readonly readAtMs?: number;
}

/** What a write was made of: decides whether it may replace what the table has by then. */
export type Expectation =
  /** The table holds nothing of the job, or nothing as new as the document's snapshot: no read is needed before. */
  | 'nothing-newer'
  /** The table still holds what was read, or still nothing. */
  | { readonly unchangedFrom: StoredJob | undefined };

/** A lost race is no error: it says what is there instead, so that the caller can merge and try again. */
export type PutResult =
  { readonly written: true } | { readonly written: false; readonly current: StoredJob | undefined };

/**
 * Where documents are read from.
 *
 * Every call throws a Status: UNAVAILABLE where the store is throttled or unreachable, DEADLINE_EXCEEDED.
 */
export interface JobReader {
  /**
   * @param options.consistent sees every write that was acknowledged before; costs twice as much as one that may lag
   */
  get(jobId: string, options: ReadOptions): Promise<StoredJob | undefined>;
}

export interface ReadOptions {
  readonly consistent: boolean;
  readonly deadline: Deadline;
  /**
   * For whom it is read: a job that they may not read is as absent, and no more of it is read than tells that. Undefined
   * for the service itself.
   */
  readonly caller?: { mayRead(projectId: string): boolean };
  /** Adds up what is spent on reading. */
  readonly meter?: ReadMeter | undefined;
}

/** What reading cost: adds up while a request is served. */
export interface ReadMeter {
  /** How often a job was read. */
  reads: number;
  /** Time in milliseconds, the store's own retries included. */
  latencyMs: number;
  /** What the store will charge; 0 where it does not say. */
  readUnits: number;
}

/** Where documents are kept, one a job id. */
export interface JobStore extends JobReader {
  /**
   * Replaces the job's document as a whole, or not at all.
   *
   * @throws {Status} as reading does, and RESOURCE_EXHAUSTED for a document that is too large to be kept
   */
  put(jobId: string, document: Document, options: WriteOptions): Promise<PutResult>;

  /**
   * Removes what writers of the job left behind that crashed, or could not reach the store to tidy up.
   *
   * @throws {Status} as reading does
   */
  removeLeftovers(jobId: string, deadline: Deadline): Promise<void>;
}

export interface WriteOptions {
  readonly expect: Expectation;
  readonly deadline: Deadline;
}
