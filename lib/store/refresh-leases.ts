import type { Deadline } from '../runtime/deadline.ts';
import type { ReadMeter } from './job-store.ts';

/** What is known of the rounds through one project. */
export interface RefreshState {
  /** When the last good round began, which compared every running job; undefined if there was none. */
  readonly roundAt: Date | undefined;
  /** When `roundAt` was written; undefined if that is. */
  readonly recordedAt: Date | undefined;
  /** When the good round before that one began. */
  readonly previousRoundAt: Date | undefined;
  /** When the last resync began, which compared all jobs. */
  readonly sweepAt: Date | undefined;
  /** How many pages the last resync read. */
  readonly sweepPages: number;
}

/**
 * A lease a project: its holder is the one process that makes the project's rounds. What the last rounds did is kept with
 * the lease, so that only the holder writes it, and the next holder goes on from there.
 */
export interface RefreshLeases {
  /**
   * Acquires the lease of a project if it is free: never held, expired by the clock of who asks, or held by the same
   * holder. Of several processes that ask at once, exactly one gets it. So two processes hold a lease at the same time only
   * if their clocks differ, for no longer than they do.
   *
   * @param holder names the process, and no other
   * @param until when the lease expires, should its holder crash
   * @returns what the last rounds did, by the last `update` that was acknowledged; or that somebody else holds the lease
   * @throws {Status} as every call of a port
   */
  acquire(
    projectId: string,
    holder: string,
    until: Date,
    deadline: Deadline,
  ): Promise<RefreshState | 'held elsewhere'>;

  /**
   * Writes what the rounds did, and when the lease expires. A moment that has passed releases it. A holder whose lease has
   * expired may still write, as long as no other process has acquired it since.
   *
   * @returns whether the lease is still the holder's; if not, nothing was written
   * @throws {Status} as every call of a port
   */
  update(
    projectId: string,
    holder: string,
    state: RefreshState,
    options: { readonly until: Date; readonly deadline: Deadline },
  ): Promise<boolean>;
}

/** Tells when a project's running jobs were compared with upstream last. */
export interface RefreshStateReader {
  /**
   * Reads the state without the lease. It may be the one before for a moment.
   *
   * @param meter adds up what reading costs
   * @returns undefined for a project whose lease was never acquired
   * @throws {Status} as every call of a port
   */
  read(projectId: string, deadline: Deadline, meter?: ReadMeter): Promise<RefreshState | undefined>;
}
