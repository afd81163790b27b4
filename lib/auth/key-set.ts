import type { CryptoKey, JWSHeaderParameters } from 'jose';
import { JWKSNoMatchingKey } from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import type { Deadline } from '../runtime/deadline.ts';
import { fetchJwks } from './fetch-jwks.ts';
import { createSteadyClock } from '../runtime/steady-clock.ts';

/** The issuer's keys cannot be read, so that nobody can say whether a token is good. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError';
}

/** How long keys are used before the issuer is asked whether they still are its keys. */
export const freshMs = 10 * 60_000;

/** How long keys are used that the issuer cannot be asked about: what an outage of its may last, or of the way there. */
export const lastKnownGoodMs = 24 * 60 * 60_000;

/** The least time between two questions, so that tokens with invented key ids cannot become a flood at the issuer. */
export const cooldownMs = 30_000;

/** The same while no key is known at all, and every request waits for one. */
export const firstKeysCooldownMs = 1000;

/** The longest that a request waits for keys where it could go on with those that are known. */
const refreshPatienceMs = 1000;

interface KnownKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly readAtMs: number;
}

/**
 * The public keys of a token issuer, read from where it publishes them, kept, and read again when they are old or when
 * a token names one that is not among them.
 *
 * Only the address that it was made with is ever read: what a token says of keys (`jku`, `x5u`, `jwk`) is no matter.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-5
 */
export class RemoteKeySet {
  private readonly uri: URL;
  private readonly now: () => number;
  private known: KnownKeys | undefined;
  private reading: Promise<void> | undefined;
  private lastTryAtMs = -Infinity;
  private lastFailure: unknown;

  /** @param now milliseconds since some moment; must never go back, or keys would stay good for longer than they may */
  constructor(uri: URL, now = createSteadyClock()) {
    this.uri = uri;
    this.now = now;
  }

  /**
   * The key that a token's header names.
   *
   * @throws {KeySetUnavailableError} where keys are needed and cannot be read
   * @throws {JWKSNoMatchingKey} where the issuer has no such key, or more than one that the header may mean
   * @throws {Status} DEADLINE_EXCEEDED; a request never waits longer than its deadline
   */
  async find(header: JWSHeaderParameters, deadline: Deadline): Promise<CryptoKey> {
    const known = await this.current(deadline);
    try {
      return await known.find(header);
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey)) throw error;
      if (this.mayTry(cooldownMs)) void this.read();
      await this.untilRead(deadline);
      // The key may be a new one that just cannot be seen.
      if (this.lastFailure !== undefined) throw this.unavailable();
      const latest = this.known ?? known;
      if (latest === known) throw error;
      return latest.find(header);
    }
  }

  /** Keys that may be used now. */
  private async current(deadline: Deadline): Promise<KnownKeys> {
    const ageMs = this.known === undefined ? Infinity : this.now() - this.known.readAtMs;
    if (ageMs >= lastKnownGoodMs) {
      this.known = undefined;
      if (this.mayTry(firstKeysCooldownMs)) void this.read();
      await this.untilRead(deadline);
    } else if (ageMs >= freshMs && this.mayTry(cooldownMs)) {
      // Whoever asks waits a little, as a function may be frozen after its answer; others need not.
      const patienceMs = Math.floor(Math.min(refreshPatienceMs, deadline.remainingMs() / 2));
      await settledOrAborted(this.read(), AbortSignal.timeout(patienceMs));
    }
    if (this.known === undefined) throw this.unavailable();
    return this.known;
  }

  /** Waits for the keys that are being read, if any are. */
  private async untilRead(deadline: Deadline): Promise<void> {
    if (this.reading === undefined) return;
    await settledOrAborted(this.reading, deadline.signal);
    deadline.check();
  }

  private mayTry(pauseMs: number): boolean {
    return this.reading === undefined && this.now() - this.lastTryAtMs >= pauseMs;
  }

  /** Reads the keys; keeps those that are known where it fails. Never throws. */
  private read(): Promise<void> {
    this.lastTryAtMs = this.now();
    this.reading = this.fetchKeys().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async fetchKeys(): Promise<void> {
    try {
      const find = createLocalJWKSet(await fetchJwks(this.uri));
      this.known = { find, readAtMs: this.now() };
      this.lastFailure = undefined;
    } catch (error) {
      this.lastFailure = error;
    }
  }

  private unavailable(): KeySetUnavailableError {
    return new KeySetUnavailableError('the key set of the issuer cannot be read', {
      cause: this.lastFailure,
    });
  }
}

/** Waits for work that never fails, or until the signal aborts; the work goes on. */
function settledOrAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void work.then(done);
  });
}
