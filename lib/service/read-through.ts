import { Deadline } from '../deadline.ts';
import { merge } from '../job/merge.ts';
import { Status, toStatus } from '../status.ts';
import type { StoredJob } from '../store/job-store.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { JobSource } from '../upstream/job-source.ts';
import { readFromUpstream, type Redaction } from './upstream-snapshot.ts';
import { writeMerged, type WriteParts } from './write-merged.ts';

/** Asks upstream for jobs that the table does not have. */
export interface ReadThrough {
  /** The longest that asking takes, in milliseconds. */
  readonly budgetMs: number;
  /**
   * @returns the job as upstream has it, stored by then; undefined where it has no such job
   * @throws {Status} UNAVAILABLE where upstream cannot be asked, or does not answer before the deadline
   */
  read(jobId: string, deadline: Deadline): Promise<StoredJob | undefined>;
}

export interface ReadThroughParts extends WriteParts, Redaction {
  readonly upstream: JobSource;
  readonly log: Log;
  readonly budgetMs?: number;
  /** Milliseconds since some moment; the system's clock unless set. */
  readonly now?: () => number;
}

/** What upstream said is remembered for so long, in milliseconds, and for so many jobs. */
const rememberedMs = 5000;
const rememberedLimit = 10_000;

/** How soon a job that could not be asked for is worth another try, in milliseconds. */
const retryDelayMs = 2000;

interface Asked {
  readonly atMs: number;
  readonly answer: Promise<StoredJob | undefined>;
}

/**
 * Makes one call for all who miss the same job at about the same time, and remembers the answer for a few seconds, also
 * that there is no such job. How many calls are made altogether is limited by the source.
 */
export function createReadThrough(parts: ReadThroughParts): ReadThrough {
  const { budgetMs = 1500, now = () => performance.now() } = parts;
  /** By job id, the oldest first. */
  const asked = new Map<string, Asked>();

  const forgetOld = (nowMs: number): void => {
    for (const [jobId, { atMs }] of asked) {
      if (nowMs - atMs < rememberedMs && asked.size < rememberedLimit) break;
      asked.delete(jobId);
    }
  };

  const ask = (jobId: string): Asked => {
    const nowMs = now();
    forgetOld(nowMs);
    const known = asked.get(jobId);
    if (known !== undefined) return known;
    const asking: Asked = { atMs: nowMs, answer: askAndStore(parts, jobId, new Deadline(budgetMs)) };
    asked.set(jobId, asking);
    asking.answer.catch(() => {
      if (asked.get(jobId) === asking) asked.delete(jobId);
    });
    return asking;
  };

  return {
    budgetMs,
    async read(jobId, deadline) {
      try {
        return await deadline.wait(ask(jobId).answer);
      } catch (error) {
        throw new Status(
          'UNAVAILABLE',
          `job ${jobId} is not in the cache, and upstream cannot be asked for it at the moment`,
          { details: [{ type: 'RetryInfo', retryDelayMs }], cause: error },
        );
      }
    },
  };
}

async function askAndStore(
  parts: ReadThroughParts,
  jobId: string,
  deadline: Deadline,
): Promise<StoredJob | undefined> {
  const news = await readFromUpstream(parts.upstream, jobId, parts, deadline);
  if (news === undefined) return undefined;
  try {
    const before = await parts.store.get(jobId, { consistent: true, deadline });
    await writeMerged(parts, jobId, news, before, deadline);
    const document = before === undefined ? news : merge(before.document, news);
    return { document, syncedAt: new Date(), generation: '' };
  } catch (error) {
    // It is answered all the same; the next one who misses it, or a round, stores it.
    const { code } = toStatus(error);
    parts.log('warn', 'a job that was read through is not stored', {
      jobId,
      code,
      cause: describeError(error),
    });
    return { document: news, syncedAt: new Date(), generation: '' };
  }
}
