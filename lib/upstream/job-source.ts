import type { Deadline } from '../deadline.ts';

/** What upstream answered to a Get. */
export interface UpstreamJob {
  /** The Job's bytes as they came, unknown fields and all; undefined where upstream says NOT_FOUND. */
  readonly job: Uint8Array | undefined;
  /** When the attempt that was answered began, in microseconds since 1970. */
  readonly readAt: bigint;
}

export interface UpstreamPage {
  readonly jobs: readonly Uint8Array[];
  readonly nextPageToken: string;
  readonly readAt: bigint;
}

export interface ListRequest {
  readonly projectId: string;
  readonly filter?: string;
  readonly pageSize: number;
  readonly pageToken?: string;
}

export interface JobSource {
  get(jobId: string, deadline: Deadline): Promise<UpstreamJob>;
  list(request: ListRequest, deadline: Deadline): Promise<UpstreamPage>;
  /** Closes connections and timers. */
  close(): void;
}
