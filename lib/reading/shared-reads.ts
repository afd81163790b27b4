import { Deadline } from '../runtime/deadline.ts';
import type { JobReader, ReadOptions, StoredJob } from '../store/job-store.ts';
import { readableJob } from './readable-job.ts';

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

/** Projects longer than this are not remembered; DataSphere's have 20 characters. */
const projectIdLimit = 64;

interface SharedRead {
  readonly startMs: number;
  readonly caller: ReadOptions['caller'];
  readonly found: Promise<StoredJob | undefined>;
  /** What was found, once it is there. */
  shared?: { readonly stored: StoredJob; readonly projectId: string };
}

/**
 * A reader that makes one read of a job for all who ask for it at about the same time, as those do who poll a job that
 * everybody waits for. Consistent reads are never shared, nor is that nothing was found, which may be so for the one who
 * asked first only, nor a document with a caller who may not read it.
 *
 * Nor does such a caller wait for a read of somebody else's before he makes his own: that would tell him by the time that
 * somebody reads the job. So a read that is still under way is shared only with callers who could read the job as it was
 * when it was read last.
 *
 * @see docs/security.md
 */
export function shareReads(reader: JobReader, options: SharedReadsOptions): JobReader {
  const { maxAgeMs, timeoutMs, now = () => performance.now() } = options;
  if (maxAgeMs === 0) return reader;
  /** By job id, the oldest first. */
  const reads = new Map<string, SharedRead>();
  let bytes = 0;
  /** The project of each job when it was read last, the one that was read first first. */
  const projects = new Map<string, string>();

  const forget = (jobId: string, read: SharedRead): void => {
    if (reads.get(jobId) !== read) return;
    reads.delete(jobId);
    bytes -= sizeOf(read.shared?.stored);
  };

  const settle = (jobId: string, read: SharedRead, stored: StoredJob | undefined): void => {
    const projectId = readableJob(stored)?.projectId;
    if (projectId !== undefined) remember(jobId, projectId);
    if (reads.get(jobId) !== read) return;
    if (stored === undefined || projectId === undefined || bytes + sizeOf(stored) > bytesLimit) {
      forget(jobId, read);
    } else {
      read.shared = { stored, projectId };
      bytes += sizeOf(stored);
    }
  };

  const remember = (jobId: string, projectId: string): void => {
    if (projectId.length > projectIdLimit) return;
    projects.delete(jobId);
    projects.set(jobId, projectId);
    if (projects.size > readsLimit) projects.delete(projects.keys().next().value!);
  };

  const start = (jobId: string, readOptions: ReadOptions, startMs: number): SharedRead => {
    const deadline = new Deadline(timeoutMs);
    const found = reader.get(jobId, { ...readOptions, deadline }).then(
      (stored) => {
        settle(jobId, read, stored);
        return stored;
      },
      (error: unknown) => {
        forget(jobId, read);
        throw error;
      },
    );
    const read: SharedRead = { startMs, caller: readOptions.caller, found };
    if (reads.size < readsLimit) reads.set(jobId, read);
    return read;
  };

  const waitFor = async (read: SharedRead, jobId: string, readOptions: ReadOptions) => {
    const stored = await readOptions.deadline.wait(read.found);
    if (read.caller === readOptions.caller) return stored;
    return mayRead(readOptions.caller, readableJob(stored)?.projectId)
      ? stored
      : reader.get(jobId, readOptions);
  };

  return {
    get(jobId, readOptions) {
      const { caller, consistent } = readOptions;
      if (consistent) return reader.get(jobId, readOptions);
      const nowMs = now();
      for (const [id, read] of reads) {
        if (nowMs - read.startMs < maxAgeMs) break;
        forget(id, read);
      }
      const read = reads.get(jobId);
      if (read === undefined) return waitFor(start(jobId, readOptions, nowMs), jobId, readOptions);
      if (read.shared !== undefined)
        return mayRead(caller, read.shared.projectId) ? read.found : reader.get(jobId, readOptions);
      const mayWait = read.caller === caller || mayRead(caller, projects.get(jobId));
      return mayWait ? waitFor(read, jobId, readOptions) : reader.get(jobId, readOptions);
    },
  };
}

/** @param projectId undefined where nothing is known that could be read */
function mayRead(caller: ReadOptions['caller'], projectId: string | undefined): boolean {
  return projectId !== undefined && (caller === undefined || caller.mayRead(projectId));
}

function sizeOf(stored: StoredJob | undefined): number {
  return stored === undefined || stored.document.deleted ? 0 : stored.document.job.length;
}
