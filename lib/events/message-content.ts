import type { Status } from '../runtime/status.ts';
import type { JobEvent } from './job-event.ts';

/** What a queue message says. */
export interface MessageContent {
  readonly events: readonly JobEvent[];
  /** How many events are no reason to read a job: of other services, of other things, of requests that failed. */
  readonly skipped: number;
  /** What is wrong with each event that cannot be read. */
  readonly refused: readonly Status[];
}
