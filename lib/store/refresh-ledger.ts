import type { Deadline } from '../runtime/deadline.ts';
import type { ReadMeter } from './job-store.ts';

/** What is known of the rounds of one project. */
export interface RefreshState {
  /** When the last round began that looked at every running job, and ended well; undefined where none did. */
  readonly roundAt: Date | undefined;
  /** When that was written down; undefined where `roundAt` is. */
  readonly recordedAt: Date | undefined;
  /** When the good round before that one began. */
  readonly previousRoundAt: Date | undefined;
  /** The same of the last one that looked at all jobs. */
  readonly sweepAt: Date | undefined;
  /** How many pages that one read. */
  readonly sweepPages: number;
}

/** Sees to it that one function at a time makes the rounds of a project, and keeps what the last ones did. */
export interface RefreshLedger {
  /**
   * Takes the project for a while.
   *
   * @param owner names who takes it; takes it again where it has it already
   * @param until when it falls free by itself, should its owner crash
   * @returns what the last rounds did, or that somebody else has the project
   * @throws {Status} as reading a document does
   */
  take(projectId: string, owner: string, until: Date, deadline: Deadline): Promise<RefreshState | 'taken'>;

  /**
   * Writes down a good round, or a sweep, and gives the project back where `until` has passed already.
   *
   * @returns whether the project is still the owner's; where it is not, nothing was written
   * @throws {Status} as reading a document does
   */
  record(
    projectId: string,
    owner: string,
    state: RefreshState,
    options: { readonly until: Date; readonly deadline: Deadline },
  ): Promise<boolean>;
}

/** Tells when a project's running jobs were looked at last. */
export interface RefreshStateReader {
  /**
   * @param meter adds up what is spent on reading
   * @throws {Status} as reading a document does
   */
  read(projectId: string, deadline: Deadline, meter?: ReadMeter): Promise<RefreshState | undefined>;
}
