import { jobType } from '../job/job-type.ts';
import { GetProjectJobRequestSchema } from '../protobuf/generated/schema.ts';
import { messageType } from '../protobuf/schema.ts';
import { createGetJob, type GetJobDeps } from '../reading/get-job.ts';
import type { JobAnswer } from '../reading/present-job.ts';
import type { Answer, UnaryMethod } from './method.ts';

/** `yandex.cloud.datasphere.v2.jobs.GetProjectJobRequest`. */
interface GetProjectJobRequest {
  readonly jobId: string;
}

/** ProjectJobService.Get: the stored bytes are the answer. */
export function getMethod(deps: GetJobDeps): UnaryMethod<GetProjectJobRequest> {
  const getJob = createGetJob(deps);
  return {
    kind: 'unary',
    service: 'yandex.cloud.datasphere.v2.jobs.ProjectJobService',
    name: 'Get',
    requestType: messageType(GetProjectJobRequestSchema),
    responseType: jobType,
    restPath: '/datasphere/v2/jobs/{job_id}',
    facts: ({ jobId }) => ({ jobId }),
    answer: async ({ jobId }, { metadata, credentials, deadline, meter }) =>
      toAnswer(await getJob({ jobId, ...metadata }, { credentials, deadline, meter })),
  };
}

/** What was made of answers that are still at hand, as those are that several callers share. */
const made = new WeakMap<JobAnswer, Answer>();

function toAnswer(answer: JobAnswer): Answer {
  const known = made.get(answer);
  if (known !== undefined) return known;
  const { job, revision, running, syncedAt, pollAfterSeconds } = answer;
  const whole: Answer = {
    message: job,
    metadata: {
      'x-job-revision': String(revision),
      'x-job-synced-at': syncedAt.toISOString(),
      'x-poll-after': String(pollAfterSeconds),
    },
    get etag() {
      return answer.etag;
    },
    record: {
      fields: { revision: String(revision) },
      counts: { JobFound: 1 },
      confirmedAt: running ? syncedAt : undefined,
    },
  };
  made.set(answer, whole);
  return whole;
}
