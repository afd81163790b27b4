import { deadlineExceeded, type Deadline } from '../runtime/deadline.ts';
import type { Status } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { fullJitterMs } from '../runtime/back-off.ts';
import { callFailed } from './call-failure.ts';
import type { CallGate } from './call-gate.ts';
import type { CircuitBreaker, Sign } from './circuit-breaker.ts';
import type { Quota } from '../store/quota.ts';
import { sleep, type UpstreamClock } from '../runtime/clock.ts';
import type { Method, UpstreamConnection } from './connection.ts';
import { meaningOf } from './failure-meaning.ts';
import { attemptLimit, fairAttemptMs, retryBackOff } from './limits.ts';
import type { TokenSource } from '../iam/token-source.ts';
import { UpstreamError } from './upstream-error.ts';

export interface AttemptParts {
  readonly connection: UpstreamConnection;
  readonly gate: CallGate;
  readonly breaker: CircuitBreaker;
  readonly tokens: TokenSource | undefined;
  readonly fleetQuota: Quota | undefined;
  readonly attemptMs: Readonly<Record<Method, number>>;
  readonly log: Log;
  readonly clock: UpstreamClock;
  readonly random: () => number;
}

export interface UpstreamRequest {
  readonly method: Method;
  readonly bytes: Uint8Array;
  /** What is asked for, such as `job bt1a2b3c`. */
  readonly subject: string;
}

interface Outcome<Answer> {
  readonly answer: Answer;
  /** When the attempt began, in microseconds since 1970. */
  readonly readAt: bigint;
}

/** Calls of upstream, each of as many attempts as it needs and may have. */
export class Attempts {
  readonly #parts: AttemptParts;
  readonly #readAt: () => bigint;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#readAt = distinctMicroseconds(parts.clock);
  }

  /**
   * @returns the answer's bytes, or upstream's NOT_FOUND, which is an answer too
   * @throws {Status}
   */
  async call(request: UpstreamRequest, deadline: Deadline): Promise<Outcome<Uint8Array | UpstreamError>> {
    const { tokens, breaker, clock, log } = this.#parts;
    let refusedToken: string | undefined;
    for (let attempt = 1; ; attempt++) {
      deadline.check();
      breaker.check();
      const token = await tokens?.token(deadline);
      const outcome = await this.#attempt(request, token, deadline);
      const { answer } = outcome;
      if (!(answer instanceof UpstreamError) || answer.code === 'NOT_FOUND') return outcome;
      deadline.check();

      const failed = (retryDelayMs?: number) =>
        callFailed(answer, request.subject, { attempts: attempt, retryDelayMs });
      if (answer.code === 'UNAUTHENTICATED' && token !== undefined) {
        tokens!.invalidate(token);
        const another = refusedToken === undefined && (await tokens!.token(deadline)) !== token;
        if (!another) throw failed();
        refusedToken = token;
        continue;
      }
      const delayMs = this.#delayMs(answer, attempt);
      if (delayMs === undefined) throw failed();
      if (attempt >= attemptLimit || delayMs >= deadline.remainingMs()) throw failed(delayMs);
      const fields = { attempt, delayMs: Math.round(delayMs), ...failureFields(failed()) };
      log('debug', 'upstream is asked again', fields);
      await sleep(delayMs, deadline.signal, clock);
    }
  }

  /** Takes its turn and makes one attempt. */
  async #attempt(
    { method, bytes, subject }: UpstreamRequest,
    token: string | undefined,
    deadline: Deadline,
  ): Promise<Outcome<Uint8Array | UpstreamError>> {
    const { connection, gate, breaker, fleetQuota, attemptMs, clock } = this.#parts;
    const leave = await gate.enter(deadline);
    try {
      // It may have gone down meanwhile, and the fleet's quota is not for calls that are not made.
      breaker.check();
      await fleetQuota?.acquire(deadline);
      deadline.check();
      const pass = breaker.enter();
      const remainingMs = deadline.remainingMs();
      const timeoutMs = Math.min(attemptMs[method], remainingMs);
      const fair = timeoutMs >= Math.min(attemptMs[method], fairAttemptMs);
      const readAt = this.#readAt();
      const beganAtMs = clock.now();
      try {
        const answer = await connection.call(method, bytes, { token, timeoutMs, fair }, deadline);
        pass.report('up');
        return { answer, readAt };
      } catch (error) {
        if (!(error instanceof UpstreamError)) {
          pass.report('unknown');
          throw error;
        }
        const failure = callFailed(error, subject);
        pass.report(signOf(error, fair, deadline), failure);
        // The channel's timer may be a little ahead of the deadline's own.
        if (error.code === 'DEADLINE_EXCEEDED' && timeoutMs === remainingMs) throw deadlineExceeded(error);
        if (error.code === 'RESOURCE_EXHAUSTED' && !error.tooLarge) this.#slowDown(error, failure, beganAtMs);
        return { answer: error, readAt };
      }
    } finally {
      leave();
    }
  }

  #slowDown({ retryDelayMs }: UpstreamError, failure: Status, beganAtMs: number): void {
    const callsPerSecond = this.#parts.gate.slowDown(beganAtMs, retryDelayMs);
    if (callsPerSecond === undefined) return;
    const fields = { callsPerSecond, retryDelayMs, ...failureFields(failure) };
    this.#parts.log('warn', 'upstream throttles', fields);
  }

  /** How long to wait before another attempt, as upstream asks or longer; undefined where another makes no sense. */
  #delayMs(failure: UpstreamError, attempt: number): number | undefined {
    if (!meaningOf(failure).retried) return undefined;
    return (failure.retryDelayMs ?? 0) + fullJitterMs(retryBackOff, attempt, this.#parts.random);
  }
}

function signOf(failure: UpstreamError, fair: boolean, deadline: Deadline): Sign {
  const cancelledByUs = failure.code === 'CANCELLED' && deadline.signal.aborted;
  if (cancelledByUs || (failure.code === 'DEADLINE_EXCEEDED' && !fair)) return 'unknown';
  return meaningOf(failure).upstream;
}

/** The time in microseconds, of which the clock knows the milliseconds: reads that begin in one of them are told apart. */
function distinctMicroseconds(clock: UpstreamClock): () => bigint {
  let lastMs = 0;
  let within = 0;
  return () => {
    const nowMs = Math.floor(clock.epochMs());
    within = nowMs === lastMs ? Math.min(within + 1, 999) : 0;
    lastMs = nowMs;
    return BigInt(nowMs) * 1000n + BigInt(within);
  };
}
