import type { Deadline } from '../runtime/deadline.ts';

/** How far a backfill of a project is. */
export interface BackfillState {
  /** Of the next page. */
  readonly pageToken: string;
  /** Jobs on the pages before that. */
  readonly jobs: number;
}

/** Keeps how far backfills are that were not complete. Every call throws a Status, as reading a document does. */
export interface BackfillLedger {
  read(projectId: string, deadline: Deadline): Promise<BackfillState | undefined>;
  write(projectId: string, state: BackfillState, deadline: Deadline): Promise<void>;
  clear(projectId: string, deadline: Deadline): Promise<void>;
}
