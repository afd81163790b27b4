import { MalformedMessageError } from '../protobuf/wire.ts';
import { Status } from '../runtime/status.ts';
import type { Log } from '../telemetry/log.ts';
import { Attempts } from './attempts.ts';
import type { Quota } from '../store/quota.ts';
import { callFailed } from './call-failure.ts';
import { CallGate } from './call-gate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { systemClock, type UpstreamClock } from '../runtime/clock.ts';
import { UpstreamConnection, type UpstreamTarget } from './connection.ts';
import type { JobSource } from './job-source.ts';
import { attemptMs as usualAttemptMs } from './limits.ts';
import { encodeGetRequest, encodeListRequest, readListResponse } from './messages.ts';
import type { TokenSource } from '../iam/token-source.ts';
import { UpstreamError } from './upstream-error.ts';

export interface JobSourceOptions {
  readonly target: UpstreamTarget;
  /** Undefined for an upstream that asks for no token, such as a stand-in. */
  readonly tokens: TokenSource | undefined;
  /** Attempts that may begin in a second in the long run, of all calls together; may be below 1, such as 0.5. */
  readonly callsPerSecond: number;
  /** Attempts that may begin at once after a pause; a tenth of a second's, and 1 or more, unless set. */
  readonly burst?: number | undefined;
  /** Attempts that may be under way at the same time. */
  readonly maxConcurrentCalls: number;
  /** A limit that is shared with other processes. */
  readonly fleetQuota?: Quota | undefined;
  readonly log: Log;
  /** How long one attempt may take, in milliseconds; as in limits.ts unless set. */
  readonly attemptMs?: { readonly Get: number; readonly List: number } | undefined;
  /** The system's unless set. */
  readonly clock?: UpstreamClock;
  /** From 0 to below 1; Math.random unless set. */
  readonly random?: () => number;
}

/**
 * The DataSphere API as a source of Jobs. All that share a source share its limits, so a process has one.
 *
 * A call waits for its turn, and is tried again where that is safe and may help, as failure-meaning.ts says; it never
 * outlives its deadline. While upstream is down it fails at once.
 *
 * @throws {Error} for options that make no sense
 * @see https://yandex.cloud/en/docs/datasphere/jobs/api-ref/grpc/ProjectJob/get
 */
export function createJobSource(options: JobSourceOptions): JobSource {
  const { target, tokens, callsPerSecond, maxConcurrentCalls, fleetQuota, log } = options;
  const { attemptMs = usualAttemptMs, clock = systemClock, random = Math.random } = options;
  const { burst = Math.max(1, Math.floor(callsPerSecond / 10)) } = options;
  const connection = new UpstreamConnection(target);
  const gate = new CallGate({ callsPerSecond, burst, maxConcurrentCalls, clock });
  const breaker = new CircuitBreaker(clock, random, log);
  const parts = { connection, gate, breaker, tokens, fleetQuota, attemptMs, log, clock, random };
  const attempts = new Attempts(parts);

  return {
    async get(jobId, deadline) {
      const subject = `job ${jobId}`;
      const call = { method: 'Get', bytes: encodeGetRequest({ jobId }), subject } as const;
      const { answer, readAt } = await attempts.call(call, deadline);
      return { job: answer instanceof UpstreamError ? undefined : answer, readAt };
    },
    async list(request, deadline) {
      const subject = `project ${request.projectId}`;
      const call = { method: 'List', bytes: encodeListRequest(request), subject } as const;
      const { answer, readAt } = await attempts.call(call, deadline);
      if (answer instanceof UpstreamError) throw callFailed(answer, subject);
      try {
        return { ...readListResponse(answer), readAt };
      } catch (error) {
        if (!(error instanceof MalformedMessageError)) throw error;
        throw new Status('UPSTREAM_RESPONSE_UNUSABLE', `upstream's list of ${subject} cannot be read`, {
          cause: error,
        });
      }
    },
    close() {
      gate.close();
      connection.close();
    },
  };
}
