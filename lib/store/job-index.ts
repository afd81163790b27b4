import type { Deadline } from '../runtime/deadline.ts';

/** What the index says of a job that can be read. */
export interface IndexedJob {
  readonly jobId: string;
  /** CRC-32 of the Job's bytes. */
  readonly digest: number;
  /** When the document was written. */
  readonly syncedAt: Date;
  /** When there is something to look at upstream: now while the job runs, when its data expire, or never. */
  readonly lookAt: Date | 'running' | 'never';
}

/** Which jobs of a project the table holds. It may lag behind the documents for a moment. */
export interface JobIndex {
  /**
   * @param options.dueBefore leaves out what needs no look before that moment; undefined for all jobs
   * @returns by job id
   * @throws {Status} as reading a document does
   */
  list(
    projectId: string,
    options: { readonly dueBefore?: Date | undefined; readonly deadline: Deadline },
  ): Promise<ReadonlyMap<string, IndexedJob>>;
}
