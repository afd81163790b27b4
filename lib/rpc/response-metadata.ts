import type { JobAnswer } from '../reading/get-job.ts';

/** The response metadata that every protocol shares: HTTP headers and gRPC metadata of the same names. */
export function responseMetadata(answer: JobAnswer): Readonly<Record<string, string>> {
  return {
    'x-job-revision': String(answer.revision),
    'x-job-synced-at': answer.syncedAt.toISOString(),
    'x-poll-after': String(answer.pollAfterSeconds),
  };
}
