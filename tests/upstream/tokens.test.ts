import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Status } from '../../lib/runtime/status.ts';
import type { UpstreamClock } from '../../lib/runtime/clock.ts';
import { givenToken } from '../../lib/iam/given-token.ts';
import { iamTokens } from '../../lib/iam/iam-token.ts';
import { instanceTokens } from '../../lib/iam/instance-token.ts';
import { issuerBackOff, marginMs } from '../../lib/iam/renewed-token.ts';
import { parseServiceAccountKey } from '../../lib/iam/service-account-key.ts';
import type { TokenSource } from '../../lib/iam/token-source.ts';
import { MovingClock } from './moving-clock.ts';
import {
  makeServiceAccount,
  startTokenService,
  type ServiceAccount,
  type TokenService,
} from './token-service.ts';

const minute = 60_000;
const hour = 60 * minute;

let account: ServiceAccount;
let clock: MovingClock;
let service: TokenService;
let warnings: string[];

beforeAll(() => {
  account = makeServiceAccount();
});
beforeEach(async () => {
  clock = new MovingClock();
  service = await startTokenService(() => clock.epochMs(), account);
  warnings = [];
});
afterEach(() => service.stop());

const options = () => ({
  endpoint: service.endpoint,
  log: (_: string, message: string) => {
    warnings.push(message);
  },
  clock,
  random: () => 0.5,
});
const kinds: Readonly<Record<string, () => TokenSource>> = {
  'the IAM token service': () => iamTokens({ key: parseServiceAccountKey(account.keyFile), ...options() }),
  'the instance metadata service': () => instanceTokens(options()),
};
const exchanged = (): TokenSource => kinds['the IAM token service']!();

const soon = () => clock.deadline(10_000);
const failureOf = (source: TokenSource): Promise<Status> =>
  source.token(soon()).then(
    () => {
      throw new Error('there was a token');
    },
    (error: unknown) => error as Status,
  );

/** Waits until what goes on in the background is over, which no caller waits for. */
const until = async (condition: () => boolean): Promise<void> => {
  const giveUpAtMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > giveUpAtMs) throw new Error(`it goes on; so far it warned of ${warnings.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe.each(Object.entries(kinds))('a token of %s', (name, create) => {
  it('is asked for once, however many calls need it', async () => {
    const source = create();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => source.token(soon())));
    expect(new Set(tokens).size).toBe(1);
    expect(service.secrets).toContain(tokens[0]);
    expect(service.asked()).toBe(1);
  });

  it('is renewed under load long before it ends, once, while nobody waits', async () => {
    const source = create();
    const first = await source.token(soon());
    clock.advance(9 * hour);
    const during = await Promise.all(Array.from({ length: 100 }, () => source.token(soon())));
    expect(new Set(during)).toEqual(new Set([first]));
    await until(() => service.asked() === 2);
    let renewed = first;
    await until(() => {
      void source.token(soon()).then((token) => (renewed = token));
      return renewed !== first;
    });
    expect(service.asked()).toBe(2);
  });

  it('is not renewed while it is young, nor by anybody who does not ask', async () => {
    const source = create();
    await source.token(soon());
    clock.advance(5 * hour);
    await source.token(soon());
    clock.advance(30 * hour);
    expect(service.asked()).toBe(1);
    await source.token(soon());
    expect(service.asked()).toBe(2);
  });

  it('is used until shortly before its end where it cannot be renewed, and then no more', async () => {
    const source = create();
    const token = await source.token(soon());
    service.behaviour = 'fails';
    clock.advance(12 * hour - marginMs - 1);
    expect(await source.token(soon())).toBe(token);
    await until(() => warnings.length === 1);
    expect(warnings).toEqual(['no new token for upstream']);
    clock.advance(issuerBackOff.longestMs);
    expect(await failureOf(source)).toMatchObject({ code: 'UNAVAILABLE', message: `${name} fails` });
    service.behaviour = 'answers';
    clock.advance(issuerBackOff.longestMs);
    expect(await source.token(soon())).not.toBe(token);
  });

  it.each(['fails', 'redirects', 'overflows', 'babbles'] as const)(
    'is UNAVAILABLE while its service %s, which is then left alone for a moment',
    async (behaviour) => {
      const source = create();
      service.behaviour = behaviour;
      for (let call = 0; call < 20; call++)
        expect(await failureOf(source)).toMatchObject({
          code: 'UNAVAILABLE',
          details: [{ type: 'RetryInfo', retryDelayMs: 0.75 * issuerBackOff.firstMs }],
        });
      expect(service.asked()).toBe(1);
      clock.advance(issuerBackOff.firstMs);
      service.behaviour = 'answers';
      expect(service.secrets).toContain(await source.token(soon()));
    },
  );

  it('is waited for no longer than the caller can', async () => {
    const source = create();
    service.behaviour = 'hangs';
    await expect(source.token(clock.deadline(50))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('is UNAVAILABLE where nobody listens, again and again', async () => {
    const source = create();
    await service.stop();
    const delays: number[] = [];
    for (let tried = 0; tried < 7; tried++) {
      const { code, message, details } = await failureOf(source);
      expect([code, message]).toEqual(['UNAVAILABLE', `${name} does not answer`]);
      const { retryDelayMs } = details[0] as { readonly retryDelayMs: number };
      delays.push(retryDelayMs / 0.75);
      clock.advance(retryDelayMs);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('that came at last makes the next failure the first one again', async () => {
    const source = create();
    const retryDelayMs = async (): Promise<number> =>
      ((await failureOf(source)).details[0] as { readonly retryDelayMs: number }).retryDelayMs;
    service.behaviour = 'fails';
    const first = await retryDelayMs();
    clock.advance(hour);
    expect(await retryDelayMs()).toBe(2 * first);
    service.behaviour = 'answers';
    clock.advance(hour);
    await source.token(soon());
    service.behaviour = 'fails';
    clock.advance(24 * hour);
    expect(await retryDelayMs()).toBe(first);
  });

  it('that was refused is replaced at once; those that follow it, slower and slower', async () => {
    const source = create();
    const first = await source.token(soon());
    source.invalidate(first);
    const second = await source.token(soon());
    expect(second).not.toBe(first);
    // Who sent the first one hears of it late.
    source.invalidate(first);
    expect(await source.token(soon())).toBe(second);
    source.invalidate(second);
    expect(await failureOf(source)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      details: [{ type: 'RetryInfo' }],
    });
    expect(service.asked()).toBe(2);
    clock.advance(issuerBackOff.firstMs);
    const third = await source.token(soon());
    clock.advance(hour);
    source.invalidate(third);
    expect(await source.token(soon())).not.toBe(third);
  });
});

describe('an exchange', () => {
  it.each([-1, 1])('works with a clock that is off by %d minute', async (minutes) => {
    service.aheadMs = minutes * minute;
    const source = exchanged();
    const token = await source.token(soon());
    clock.advance(12 * hour - marginMs - 2000);
    expect(await source.token(soon())).toBe(token);
  });

  it('judges the end of a token by the clock of who said it', async () => {
    service.aheadMs = minute;
    service.lifetimeMs = hour;
    const source = exchanged();
    const token = await source.token(soon());
    service.behaviour = 'fails';
    // The time that it was given comes in whole seconds.
    clock.advance(hour - marginMs - 1000);
    expect(await source.token(soon())).toBe(token);
    await until(() => warnings.length === 1);
    clock.advance(2000);
    expect((await failureOf(source)).code).toBe('UNAVAILABLE');
  });

  it('goes by its own clock where the service does not tell the time', async () => {
    service.tellsTime = false;
    const source = exchanged();
    const token = await source.token(soon());
    clock.advance(12 * hour - marginMs - 1);
    expect(await source.token(soon())).toBe(token);
  });

  it('says FAILED_PRECONDITION and which key where that is revoked', async () => {
    const source = exchanged();
    service.keys.clear();
    const failure = await failureOf(source);
    expect(failure).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: `the IAM token service refuses the service account key ${account.keyId}: it may have been deleted, or its service account`,
    });
    expect((failure.cause as Error).message).toBe(
      'HTTP 401: {"code":16,"message":"The token [token] is not accepted","details":[]}',
    );
  });

  it('says so where it is the clock that is wrong, and by how much', async () => {
    service.aheadMs = 10 * minute;
    expect((await failureOf(exchanged())).message).toMatch(
      /the clock of this machine is (599|600) s behind$/,
    );
  });

  it('keeps the token of a key that was revoked until upstream refuses it', async () => {
    const source = exchanged();
    const token = await source.token(soon());
    service.keys.clear();
    clock.advance(9 * hour);
    expect(await source.token(soon())).toBe(token);
    source.invalidate(token);
    await until(() => warnings.length > 1);
    expect((await failureOf(source)).code).toBe('FAILED_PRECONDITION');
  });

  it('is not made over a line that others can read', () => {
    const key = parseServiceAccountKey(account.keyFile);
    expect(() => iamTokens({ key, log: () => undefined, endpoint: 'http://iam.example.org' })).toThrow(
      'the endpoint for tokens, http://iam.example.org, is to begin with https://',
    );
    expect(() => iamTokens({ key, log: () => undefined, endpoint: 'iam' })).toThrow('is no URL');
  });
});

describe('an instance', () => {
  it('that has no service account is told so', async () => {
    service.keys.clear();
    expect(await failureOf(instanceTokens(options()))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'the instance metadata service has no token: does this instance have a service account?',
    });
  });

  it.each([
    ['sleeps, while its own time stands still', 0, 12 * hour],
    ['has its clock set back by a day', 12 * hour, -24 * hour],
  ])('that %s does not use a token for longer than that lives', async (_, passedMs, setMs) => {
    let offMs = 0;
    const odd: UpstreamClock = {
      now: () => clock.now(),
      epochMs: () => clock.epochMs() + offMs,
      after: (ms, callback) => clock.after(ms, callback),
    };
    const source = instanceTokens({ ...options(), clock: odd });
    const token = await source.token(soon());
    clock.advance(passedMs);
    offMs = setMs;
    expect(await source.token(soon())).not.toBe(token);
  });
});

describe('a given token', () => {
  it('is what it is, without the line break that files end with', async () => {
    const source = givenToken('t1.given\n');
    source.invalidate('t1.given');
    expect(await source.token(soon())).toBe('t1.given');
  });
});

describe('the file of a service account key', () => {
  const broken = (change: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({ ...(JSON.parse(account.keyFile) as object), ...change });

  it('is taken with the line above the PEM and without it', () => {
    for (const text of [account.keyFile, broken({ private_key: account.privatePem })])
      expect(parseServiceAccountKey(text)).toMatchObject({
        keyId: account.keyId,
        serviceAccountId: account.serviceAccountId,
      });
  });

  it.each<readonly [string, () => string, string]>([
    ['that is cut off', () => account.keyFile.slice(0, -10), 'is no JSON'],
    ['that is a list', () => '"text"', 'is no JSON object'],
    ['without an id', () => broken({ id: undefined }), 'has no id'],
    ['without a service account', () => broken({ service_account_id: '' }), 'has no service_account_id'],
    ['without a private key', () => broken({ private_key: 7 }), 'has no private_key'],
    ['with no PEM', () => broken({ private_key: 'secretss' }), 'is no RSA key in PEM'],
    [
      'with a PEM that is damaged',
      () => broken({ private_key: account.privatePem.replace(/[A-Za-z]{8}/g, 'secretss') }),
      'is no RSA key in PEM',
    ],
  ])('%s is refused without a word of what is in it', (_, text, words) => {
    let message = '';
    try {
      parseServiceAccountKey(text());
    } catch (error) {
      message = String((error as Error).stack);
      expect((error as Error).cause).toBeUndefined();
    }
    expect(message).toContain(words);
    expect(message).not.toContain('secretss');
    expect(message).not.toContain(account.privatePem.slice(40, 80));
  });
});
