import { Deadline } from '../deadline.ts';
import { readJobHeading } from '../job/job-heading.ts';
import type { JobReader, ReadOptions, StoredJob } from '../store/job-store.ts';

export interface SharedReadsOptions {
  /**
   * How long after its start a read is shared, in milliseconds: an answer is at most so much older than what a read of
   * its own would have given. 0 shares nothing.
   */
  readonly maxAgeMs: number;
  /** How long a read may take on behalf of all who share it, in milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds since some moment; the system's clock unless set. */
  readonly now?: () => number;
}

/** What is remembered at the same time; reads beyond that are not shared. */
const readsLimit = 1000;
const bytesLimit = 32 << 20;

interface SharedRead {
  readonly startMs: number;
  readonly caller: ReadOptions['caller'];
  readonly found: Promise<StoredJob | undefined>;
  /** What was found, once it is there. */
  stored?: StoredJob;
}

/**
 * A reader that makes one read of a job for all who ask for it at about the same time, as those do who poll a job that
 * everybody waits for. Consistent reads are never shared, nor is that nothing was found, which may be so for the one who
 * asked first only, nor a document with a caller who may not read it.
 */
export function shareReads(reader: JobReader, options: SharedReadsOptions): JobReader {
  const { maxAgeMs, timeoutMs, now = () => performance.now() } = options;
  if (maxAgeMs === 0) return reader;
  /** By job id, the oldest first. */
  const reads = new Map<string, SharedRead>();
  let bytes = 0;

  const forget = (jobId: string, read: SharedRead): void => {
    if (reads.get(jobId) !== read) return;
    reads.delete(jobId);
    bytes -= sizeOf(read.stored);
  };

  const start = (jobId: string, readOptions: ReadOptions, startMs: number): SharedRead => {
    const deadline = new Deadline(timeoutMs);
    const found = reader.get(jobId, { ...readOptions, deadline });
    const read: SharedRead = { startMs, caller: readOptions.caller, found };
    if (reads.size < readsLimit) reads.set(jobId, read);
    const settle = (stored?: StoredJob): void => {
      if (reads.get(jobId) !== read) return;
      if (stored === undefined || bytes + sizeOf(stored) > bytesLimit) {
        forget(jobId, read);
      } else {
        read.stored = stored;
        bytes += sizeOf(stored);
      }
    };
    found.then(settle, () => {
      settle();
    });
    return read;
  };

  const waitFor = async (read: SharedRead, jobId: string, readOptions: ReadOptions) => {
    const stored = await readOptions.deadline.wait(read.found);
    if (read.caller === readOptions.caller) return stored;
    return mayShare(stored, readOptions.caller) ? stored : reader.get(jobId, readOptions);
  };

  return {
    get(jobId, readOptions) {
      if (readOptions.consistent) return reader.get(jobId, readOptions);
      const nowMs = now();
      for (const [id, read] of reads) {
        if (nowMs - read.startMs < maxAgeMs) break;
        forget(id, read);
      }
      const read = reads.get(jobId) ?? start(jobId, readOptions, nowMs);
      if (read.stored === undefined) return waitFor(read, jobId, readOptions);
      return mayShare(read.stored, readOptions.caller) ? read.found : reader.get(jobId, readOptions);
    },
  };
}

/** Whoever may not read a job makes a read of his own, which takes the time that one of an absent job takes. */
function mayShare(stored: StoredJob | undefined, caller: ReadOptions['caller']): boolean {
  if (stored === undefined || stored.document.deleted) return false;
  return caller === undefined || caller.mayRead(readJobHeading(stored.document.job).projectId);
}

function sizeOf(stored: StoredJob | undefined): number {
  return stored === undefined || stored.document.deleted ? 0 : stored.document.job.length;
}
