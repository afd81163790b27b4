import { Deadline } from '../runtime/deadline.ts';
import type { ReadMeter } from '../store/job-store.ts';
import type { RefreshState, RefreshStateReader } from '../store/refresh-leases.ts';

export interface FreshnessOptions {
  /** How often running jobs are looked at, in seconds. */
  readonly refreshSeconds: number;
  /** Milliseconds since 1970; the system's clock unless set. */
  readonly now?: () => number;
}

/** Knows how fresh the documents of running jobs are that nobody had to write. */
export interface Freshness {
  /** How often running jobs are looked at, in seconds. */
  readonly refreshSeconds: number;
  /**
   * When a document was last known for sure to be what upstream has.
   *
   * @param document a running job's, read at `readAtMs`, in milliseconds since 1970
   * @param meter adds up what is spent on finding out
   * @returns never earlier than `document.syncedAt`; exactly that where the rounds cannot be read
   */
  confirmedAt(
    document: { readonly projectId: string; readonly syncedAt: Date; readonly readAtMs: number },
    deadline: Deadline,
    meter?: ReadMeter,
  ): Promise<Date>;
}

/** How long reading a state may take, and how long an answer waits for it that is there already, in milliseconds. */
const readMs = 1000;
const longestWaitMs = 200;

/** How long a state is used before it is read again, in milliseconds, and for how many projects. */
const maxAgeMs = 1000;
const projectsLimit = 1000;

/**
 * What a round wrote counts as seen by reads that begin so much later, in milliseconds: a lagging read, and clocks that
 * differ, must not make a document look confirmed that a round has replaced.
 */
const marginMs = 1000;

/** Reads the state of a project's rounds at most once a second. */
export function createFreshness(rounds: RefreshStateReader, options: FreshnessOptions): Freshness {
  const { refreshSeconds, now = () => Date.now() } = options;
  /** By project, the oldest first. */
  const states = new Map<
    string,
    { readonly atMs: number; readonly state: Promise<RefreshState | undefined> }
  >();

  const read = (projectId: string, meter: ReadMeter | undefined) => {
    const known = states.get(projectId);
    const nowMs = now();
    if (known !== undefined && Math.abs(nowMs - known.atMs) < maxAgeMs) return known.state;
    states.delete(projectId);
    if (states.size >= projectsLimit) states.delete(states.keys().next().value!);
    // Whoever waits for it does not need it badly enough to fail. And others wait for it than who asks.
    const state = rounds.read(projectId, new Deadline(readMs), meter).catch(() => undefined);
    states.set(projectId, { atMs: nowMs, state });
    return state;
  };

  return {
    refreshSeconds,
    async confirmedAt({ projectId, syncedAt, readAtMs }, deadline, meter) {
      const patience = new Deadline(Math.min(longestWaitMs, deadline.remainingMs()));
      const state = await patience.wait(read(projectId, meter)).catch(() => undefined);
      const roundAt = state && roundSeenBy(readAtMs, state);
      if (roundAt === undefined) return syncedAt;
      return roundAt.getTime() - marginMs >= syncedAt.getTime() ? roundAt : syncedAt;
    },
  };
}

/** The last round whose every write a read at that time has seen. */
function roundSeenBy(
  readAtMs: number,
  { roundAt, recordedAt, previousRoundAt }: RefreshState,
): Date | undefined {
  if (recordedAt !== undefined && recordedAt.getTime() + marginMs <= readAtMs) return roundAt;
  // A round begins after the one before it was written down.
  if (roundAt !== undefined && roundAt.getTime() + marginMs <= readAtMs) return previousRoundAt;
  return undefined;
}
