import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createJwtAuthenticator } from '../../lib/auth/jwt.ts';
import { cooldownMs, freshMs, lastKnownGoodMs } from '../../lib/auth/key-set.ts';
import { createSteadyClock } from '../../lib/runtime/steady-clock.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { Status } from '../../lib/runtime/status.ts';
import {
  audience,
  issuerName,
  makeSigningKey,
  signToken,
  startTokenIssuer,
  type SigningKey,
  type TokenIssuer,
} from '../support/token-issuer.ts';

/** Longer than any test, but not for ever. */
const tokenSeconds = 3 * 24 * 3600;

describe('the keys of the token issuer', () => {
  let issuer: TokenIssuer;
  let first: SigningKey;
  let second: SigningKey;
  let nowMs: number;
  let authenticator: ReturnType<typeof createJwtAuthenticator>;

  beforeAll(async () => {
    [first, second] = await Promise.all([makeSigningKey('first'), makeSigningKey('second')]);
  });
  beforeEach(async () => {
    issuer = await startTokenIssuer(first);
    nowMs = Date.now();
    const options = { issuer: issuerName, audience, jwksUri: issuer.jwksUri, projectsClaim: 'project_ids' };
    const clock = (): number => nowMs;
    authenticator = createJwtAuthenticator(options, clock, clock);
  });
  afterEach(() => issuer.stop());

  /** What becomes of a request with a token of this key: OK or the code. */
  const verdict = async (key: SigningKey, deadlineMs = 10_000): Promise<string> => {
    const token = await signToken({ key, expiresIn: tokenSeconds });
    try {
      await authenticator.authenticate({ authorization: `Bearer ${token}` }, new Deadline(deadlineMs));
      return 'OK';
    } catch (error) {
      return error instanceof Status ? error.code : String(error);
    }
  };
  const publish = (...keys: readonly SigningKey[]): void => {
    issuer.published = { keys: keys.map(({ jwk }) => jwk) };
  };

  it('are read once, however many requests come, together or one after another', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => verdict(first)))).toEqual(Array(20).fill('OK'));
    expect(await verdict(first)).toBe('OK');
    expect(issuer.asked()).toBe(1);
  });

  it('that are broken are the issuer\u2019s fault, not the caller\u2019s and not ours: UNAVAILABLE', async () => {
    const { y, ...noPoint } = first.jwk;
    for (const jwk of [noPoint, { ...first.jwk, y: first.jwk.x }]) {
      issuer.published = { keys: [jwk] };
      nowMs += lastKnownGoodMs + 1;
      expect([jwk, await verdict(first)]).toEqual([jwk, 'UNAVAILABLE']);
    }
    expect(y).toBeDefined();
  });

  it('are asked about again when they are no longer fresh, so that a withdrawn key ends', async () => {
    expect(await verdict(first)).toBe('OK');
    publish(second);
    nowMs += freshMs - 1;
    expect(await verdict(first)).toBe('OK');
    nowMs += 1;
    expect(await verdict(first)).toBe('UNAUTHENTICATED');
    expect(issuer.asked()).toBe(2);
  });

  it('do not stay good for longer where the time of day is set back', async () => {
    let monotonic = 0;
    const keyClock = createSteadyClock({ timeOfDay: () => nowMs, monotonic: () => monotonic });
    const options = { issuer: issuerName, audience, jwksUri: issuer.jwksUri, projectsClaim: 'project_ids' };
    authenticator = createJwtAuthenticator(options, () => nowMs, keyClock);
    expect(await verdict(first)).toBe('OK');
    publish(second);
    nowMs -= 3_600_000;
    monotonic += freshMs;
    expect(await verdict(first)).toBe('UNAUTHENTICATED');
  });

  it('are read again for a key id that is not among them, but not more often than the cooldown allows', async () => {
    expect(await verdict(first)).toBe('OK');
    publish(first, second);
    expect(await verdict(second)).toBe('UNAUTHENTICATED');
    expect(issuer.asked()).toBe(1);
    nowMs += cooldownMs;
    expect(await Promise.all([verdict(second), verdict(second), verdict(first)])).toEqual(['OK', 'OK', 'OK']);
    expect(issuer.asked()).toBe(2);
  });

  it('cannot be made to be read in a flood of invented key ids', async () => {
    expect(await verdict(first)).toBe('OK');
    nowMs += cooldownMs;
    const invented = await Promise.all(['a', 'b', 'c', 'd'].map((kid) => makeSigningKey(kid)));
    for (let round = 0; round < 5; round++)
      for (const key of invented) expect(await verdict(key)).toBe('UNAUTHENTICATED');
    expect(issuer.asked()).toBe(2);
  });

  it('that do not hold a key id make no call late, however little time its caller gives', async () => {
    expect(await verdict(first)).toBe('OK');
    expect(await verdict(second, 0)).toBe('UNAUTHENTICATED');
  });

  it.each(['fails', 'hangs'] as const)(
    'stay good for a day where the issuer %s, and are then given up',
    async (behaviour) => {
      expect(await verdict(first)).toBe('OK');
      issuer.behaviour = behaviour;
      nowMs += freshMs;
      expect(await verdict(first)).toBe('OK');
      nowMs += lastKnownGoodMs - freshMs - 1;
      expect(await verdict(first)).toBe('OK');
      nowMs += 1;
      expect(await verdict(first, 300)).toBe(behaviour === 'fails' ? 'UNAVAILABLE' : 'DEADLINE_EXCEEDED');
    },
  );

  it('ask an issuer that is down at most once a cooldown while they are known', async () => {
    expect(await verdict(first)).toBe('OK');
    issuer.behaviour = 'fails';
    nowMs += freshMs;
    for (let request = 0; request < 10; request++) expect(await verdict(first)).toBe('OK');
    expect(issuer.asked()).toBe(2);
    nowMs += cooldownMs;
    expect(await verdict(first)).toBe('OK');
    expect(issuer.asked()).toBe(3);
  });

  it('leave it open whether an unknown key is good while the issuer is down', async () => {
    expect(await verdict(first)).toBe('OK');
    issuer.behaviour = 'fails';
    nowMs += cooldownMs;
    expect(await verdict(second)).toBe('UNAVAILABLE');
    issuer.behaviour = 'answers';
    publish(second);
    nowMs += cooldownMs;
    expect(await verdict(second)).toBe('OK');
  });

  it('are waited for no longer than the deadline of the request allows', async () => {
    issuer.behaviour = 'hangs';
    const startMs = performance.now();
    expect(await verdict(first, 100)).toBe('DEADLINE_EXCEEDED');
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  it('are waited for no longer than two seconds, whatever the deadline', async () => {
    issuer.behaviour = 'hangs';
    expect(await verdict(first)).toBe('UNAVAILABLE');
  });

  it('are there as soon as the issuer is', async () => {
    issuer.behaviour = 'fails';
    expect(await verdict(first)).toBe('UNAVAILABLE');
    issuer.behaviour = 'answers';
    nowMs += 1000;
    expect(await verdict(first)).toBe('OK');
  });

  it.each(['redirects', 'overflows'] as const)('are not taken from an issuer that %s', async (behaviour) => {
    issuer.behaviour = behaviour;
    expect(await verdict(first)).toBe('UNAVAILABLE');
    expect(issuer.asked()).toBe(1);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no key set', { keys: 'none' }],
    ['null', null],
  ])('are not taken from %s, which does not push out those that are known', async (_, published) => {
    expect(await verdict(first)).toBe('OK');
    issuer.published = published;
    nowMs += freshMs;
    expect(await verdict(first)).toBe('OK');
    expect(issuer.asked()).toBe(2);
  });

  it('may be none: an issuer that withdraws them all closes the door', async () => {
    expect(await verdict(first)).toBe('OK');
    publish();
    nowMs += freshMs;
    expect(await verdict(first)).toBe('UNAUTHENTICATED');
  });
});
