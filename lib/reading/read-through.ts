import { Deadline } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';
import type { StoredJob } from '../store/job-store.ts';

/** Asks upstream for jobs that the table does not have. */
export interface ReadThrough {
  /** The longest that asking takes, in milliseconds. */
  readonly budgetMs: number;
  /**
   * @returns the job as upstream has it; undefined where it has no such job
   * @throws {Status} UNAVAILABLE where upstream cannot be asked, or does not answer before the deadline
   */
  read(jobId: string, deadline: Deadline): Promise<StoredJob | undefined>;
}

/** Asks for one job. */
export type AskUpstream = (jobId: string, deadline: Deadline) => Promise<StoredJob | undefined>;

export interface ReadThroughOptions {
  readonly budgetMs?: number;
  /** Milliseconds since 1970, which go on while a function is frozen; the system's clock unless set. */
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
 *
 * @param connect gives what asks; again where that failed
 */
export function createReadThrough(
  connect: () => Promise<AskUpstream>,
  { budgetMs = 1500, now = () => Date.now() }: ReadThroughOptions = {},
): ReadThrough {
  /** By job id, the oldest first. */
  const asked = new Map<string, Asked>();

  const forgetOld = (nowMs: number): void => {
    for (const [jobId, { atMs }] of asked) {
      // A clock that was set back must not make it remember for longer.
      if (Math.abs(nowMs - atMs) < rememberedMs && asked.size < rememberedLimit) break;
      asked.delete(jobId);
    }
  };

  const ask = async (jobId: string): Promise<StoredJob | undefined> => {
    const deadline = new Deadline(budgetMs);
    const askUpstream = await connect();
    return askUpstream(jobId, deadline);
  };

  const share = (jobId: string): Asked => {
    const nowMs = now();
    forgetOld(nowMs);
    const known = asked.get(jobId);
    if (known !== undefined) return known;
    const asking: Asked = { atMs: nowMs, answer: ask(jobId) };
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
        return await deadline.wait(share(jobId).answer);
      } catch (error) {
        throw new Status(
          'UPSTREAM_UNAVAILABLE',
          `job ${jobId} is not in the cache, and upstream cannot be asked for it at the moment`,
          { details: [{ type: 'RetryInfo', retryDelayMs }], cause: error },
        );
      }
    },
  };
}
