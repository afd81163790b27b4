import type { Deadline } from '../runtime/deadline.ts';
import { Status, toStatus } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { equalJitterMs } from '../runtime/back-off.ts';
import { systemClock, type UpstreamClock } from '../runtime/clock.ts';
import type { TokenSource } from './token-source.ts';

/** A token as its issuer gave it. */
export interface IssuedToken {
  readonly token: string;
  /** How long it is good, from when it was asked for, in milliseconds. */
  readonly lifetimeMs: number;
}

export interface RenewedTokenOptions {
  /** Whose token it is, for people, such as `the service account key ajek…`. */
  readonly owner: string;
  readonly log: Log;
  /** The system's unless set. */
  readonly clock?: UpstreamClock | undefined;
  /** From 0 to below 1; Math.random unless set. */
  readonly random?: (() => number) | undefined;
}

/** The last part of its life in which a token is not used, as a call takes time and clocks differ: a tenth, at most that. */
export const marginMs = 60_000;

/** Between two tries to get a token, after one failed or its token was refused. */
export const issuerBackOff = { firstMs: 1000, longestMs: 30_000 } as const;

/** A token that was good for so long says that its refusal is no fault of its issuer, in milliseconds. */
const provenMs = 60_000;

interface HeldToken {
  readonly token: string;
  readonly askedAtMs: number;
  readonly askedAtEpochMs: number;
  /** Ages, in milliseconds: from when on it is renewed, and until when it is used. */
  readonly renewAfterMs: number;
  readonly usableMs: number;
}

/**
 * A token that is kept, and renewed while it is still good by whoever asks for it in the later half of its life: nobody
 * waits for that. Those who need one while there is none share one question to the issuer. There is no timer: what
 * nobody uses is not renewed.
 */
export class RenewedToken implements TokenSource {
  readonly #issue: () => Promise<IssuedToken>;
  readonly #owner: string;
  readonly #log: Log;
  readonly #clock: UpstreamClock;
  readonly #random: () => number;
  #held: HeldToken | undefined;
  #asking: Promise<void> | undefined;
  #failure: Status | undefined;
  /** In a row: tries that gave no token, and tokens that were refused when they were new. */
  #failures = 0;
  #refusals = 0;
  #nextTryAtMs = -Infinity;

  /** @param issue asks the issuer; throws a Status */
  constructor(issue: () => Promise<IssuedToken>, options: RenewedTokenOptions) {
    const { owner, log, clock = systemClock, random = Math.random } = options;
    this.#issue = issue;
    this.#owner = owner;
    this.#log = log;
    this.#clock = clock;
    this.#random = random;
  }

  async token(deadline: Deadline): Promise<string> {
    const held = this.#usable();
    if (held !== undefined) {
      if (this.#ageMs(held) >= held.renewAfterMs && this.#mayAsk()) void this.#ask();
      return held.token;
    }
    if (this.#mayAsk()) void this.#ask();
    if (this.#asking !== undefined) await deadline.wait(this.#asking);
    const issued = this.#usable();
    if (issued === undefined) throw this.#unavailable();
    return issued.token;
  }

  invalidate(token: string): void {
    const held = this.#held;
    if (held?.token !== token) return;
    this.#held = undefined;
    if (this.#ageMs(held) >= provenMs) this.#refusals = 0;
    // The first one is replaced at once. If the new one is refused too, the next ones come slower and slower.
    if (this.#refusals > 0) this.#waitBeforeNextTry(this.#refusals);
    this.#refusals++;
    this.#failure = new Status(
      'SERVICE_CREDENTIALS_REFUSED',
      `upstream refuses the tokens of ${this.#owner}`,
    );
    this.#log('warn', 'upstream refused a token', { owner: this.#owner, ...failureFields(this.#failure) });
  }

  #usable(): HeldToken | undefined {
    return this.#held !== undefined && this.#ageMs(this.#held) < this.#held.usableMs ? this.#held : undefined;
  }

  /** By the clock that says more: one stands still while a machine sleeps, the other one may be set. */
  #ageMs({ askedAtMs, askedAtEpochMs }: HeldToken): number {
    return Math.max(this.#clock.now() - askedAtMs, this.#clock.epochMs() - askedAtEpochMs);
  }

  #mayAsk(): boolean {
    return this.#asking === undefined && this.#clock.now() >= this.#nextTryAtMs;
  }

  #waitBeforeNextTry(failures: number): void {
    this.#nextTryAtMs = this.#clock.now() + equalJitterMs(issuerBackOff, failures, this.#random);
  }

  /** Asks the issuer; keeps the token that is there where that fails. Never throws. */
  #ask(): Promise<void> {
    this.#asking = this.#replace().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #replace(): Promise<void> {
    const [askedAtMs, askedAtEpochMs] = [this.#clock.now(), this.#clock.epochMs()];
    try {
      const { token, lifetimeMs } = await this.#issue();
      const usableMs = lifetimeMs - Math.min(marginMs, lifetimeMs / 10);
      if (!(usableMs > 0))
        throw new Status('SERVICE_TOKEN_UNAVAILABLE', `${this.#owner} was given a token that is over`);
      const renewAfterMs = usableMs * (0.5 + 0.25 * this.#random());
      this.#held = { token, askedAtMs, askedAtEpochMs, renewAfterMs, usableMs };
      this.#failures = 0;
    } catch (failure) {
      this.#failure = toStatus(failure);
      this.#failures++;
      this.#waitBeforeNextTry(this.#failures);
      const held = this.#usable();
      const usableSeconds = held && Math.floor((held.usableMs - this.#ageMs(held)) / 1000);
      const fields = { owner: this.#owner, usableSeconds, ...failureFields(failure) };
      this.#log('warn', 'no new token for upstream', fields);
    }
  }

  #unavailable(): Status {
    const retryDelayMs = Math.ceil(Math.max(0, this.#nextTryAtMs - this.#clock.now()));
    const { reason, message, cause } =
      this.#failure ?? new Status('SERVICE_TOKEN_UNAVAILABLE', `the token of ${this.#owner} came too late`);
    return new Status(reason, message, { details: [{ type: 'RetryInfo', retryDelayMs }], cause });
  }
}
