import type { Deadline } from '../runtime/deadline.ts';

/** How far a backfill of a project is. */
export interface BackfillState {
  /** Token of the next page. */
  readonly pageToken: string;
  /** Jobs on the pages before that. */
  readonly jobs: number;
}

/**
 * Keeps how far the backfill of each project is that was not completed. A read sees every write that was acknowledged
 * before. Each call raises a Status as every call of a port does.
 */
export interface BackfillProgress {
  /** @returns undefined if no backfill is under way */
  read(projectId: string, deadline: Deadline): Promise<BackfillState | undefined>;
  write(projectId: string, state: BackfillState, deadline: Deadline): Promise<void>;
  clear(projectId: string, deadline: Deadline): Promise<void>;
}
