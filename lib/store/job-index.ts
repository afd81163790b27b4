import { crc32 } from 'node:zlib';
import { isVisible, type LiveDocument } from '../job/document.ts';
import { readJobLife } from '../job/job-life.ts';
import type { Deadline } from '../runtime/deadline.ts';

/** What the index says of a document, beside the job's id and its project. */
export interface IndexEntry {
  /** CRC-32 of the Job's bytes: tells whether the document is what upstream lists, without reading it. */
  readonly digest: number;
  /** When the job is worth a read of upstream: always while it runs, then when its data expire, or never. */
  readonly due: 'always' | Date | 'never';
}

/** What the index says of a job. */
export interface IndexedJob extends IndexEntry {
  readonly jobId: string;
  /** When the write of the document began. */
  readonly syncedAt: Date;
}

/**
 * Which jobs of a project the store holds: those whose documents are visible, and no tombstones. Each write of a document
 * brings the index up to date by itself, after a moment during which the index may still say what was true before.
 */
export interface JobIndex {
  /**
   * @param options.dueBefore leaves out jobs that are due later, or never; undefined for all jobs
   * @returns by job id, in any order
   * @throws {Status} as every call of a port
   */
  list(
    projectId: string,
    options: { readonly dueBefore?: Date | undefined; readonly deadline: Deadline },
  ): Promise<ReadonlyMap<string, IndexedJob>>;
}

/**
 * What every engine's index says of a document.
 *
 * @returns undefined for a job that is not visible yet: no answer of upstream has it, so there is nothing to compare it with
 * @throws {MalformedMessageError} if the Job's bytes are not a message
 */
export function indexEntryOf(document: LiveDocument): IndexEntry | undefined {
  if (!isVisible(document)) return undefined;
  const { running, dataExpiresAt } = readJobLife(document.job);
  return { digest: crc32(document.job), due: running ? 'always' : dueAt(dataExpiresAt) };
}

/** Moments from here on count as never, in seconds since 1970: the year 2286. */
export const neverSeconds = 9_999_999_999;

function dueAt(seconds = neverSeconds): Date | 'never' {
  // Upstream may send any number: one before 1970 has passed long ago, too.
  return seconds >= neverSeconds ? 'never' : new Date(Math.max(seconds, 1) * 1000);
}

/** Whether an entry is among those that `list` gives for `dueBefore`. */
export function isDueBefore({ due }: IndexEntry, moment: Date): boolean {
  return due === 'always' || (due !== 'never' && due <= moment);
}
