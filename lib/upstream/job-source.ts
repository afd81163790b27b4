import type { Deadline } from '../runtime/deadline.ts';

/** What upstream answered to a Get. */
export interface UpstreamJob {
  /** The Job's bytes as they came, unknown fields and all; undefined where upstream says NOT_FOUND. */
  readonly job: Uint8Array | undefined;
  /**
   * When the attempt that was answered began, in microseconds since 1970 (after any wait for the rate limit, a token or
   * a retry).
   */
  readonly readAt: bigint;
}

/** One page of upstream's answer to a List. */
export interface UpstreamPage {
  /** The Jobs' bytes as they came, in upstream's order. */
  readonly jobs: readonly Uint8Array[];
  /** What asks for the page after this one; empty on the last page. */
  readonly nextPageToken: string;
  /** As a Get's. */
  readonly readAt: bigint;
}

export interface ListRequest {
  readonly projectId: string;
  /** In upstream's own words, which know the field `status` and the operator `IN`: `status IN (EXECUTING, PREPARING)`. */
  readonly filter?: string;
  /** The most Jobs that the page may have. */
  readonly pageSize: number;
  /** From the page before; the first page without it. */
  readonly pageToken?: string;
}

/** The DataSphere API as where Jobs come from. */
export interface JobSource {
  /** @throws {Status} docs/upstream.md lists the codes; a job that upstream does not know is no error */
  get(jobId: string, deadline: Deadline): Promise<UpstreamJob>;
  /** @throws {Status} as Get, and NOT_FOUND and PERMISSION_DENIED for a project that upstream does not show us */
  list(request: ListRequest, deadline: Deadline): Promise<UpstreamPage>;
  /** Closes connections and timers. */
  close(): void;
}
