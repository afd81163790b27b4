import { Deadline } from '../deadline.ts';
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
 * everybody waits for. Consistent reads are never shared, nor is that nothing was found: it may be a job that the one
 * who asked first may not read.
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
    const isTheirs = stored === undefined && read.caller !== readOptions.caller;
    return isTheirs ? reader.get(jobId, readOptions) : stored;
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
      return read.stored === undefined ? waitFor(read, jobId, readOptions) : read.found;
    },
  };
}

function sizeOf(stored: StoredJob | undefined): number {
  return stored === undefined || stored.document.deleted ? 0 : stored.document.job.length;
}
