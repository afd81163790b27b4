import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog, describeError } from '../../lib/telemetry/log.ts';
import { createJobSource } from '../../lib/upstream/create-job-source.ts';
import { withoutSecrets } from '../../lib/iam/without-secrets.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { iamTokens } from '../../lib/iam/iam-token.ts';
import { instanceTokens } from '../../lib/iam/instance-token.ts';
import { parseServiceAccountKey, type ServiceAccountKey } from '../../lib/iam/service-account-key.ts';
import type { TokenSource } from '../../lib/iam/token-source.ts';
import { jobBytes } from '../support/documents.ts';
import { MovingClock, settle } from './moving-clock.ts';
import { startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts';
import {
  makeServiceAccount,
  startTokenService,
  type ServiceAccount,
  type TokenService,
} from './token-service.ts';

let account: ServiceAccount;
let key: ServiceAccountKey;
let clock: MovingClock;
let service: TokenService;
let upstream: ScriptedUpstream;
let tokens: TokenSource;
let source: JobSource | undefined;
/** Everything that may be seen: log lines, errors, objects. */
let seen: string[];

beforeAll(() => {
  account = makeServiceAccount();
  key = parseServiceAccountKey(account.keyFile);
});
beforeEach(async () => {
  clock = new MovingClock('leaping');
  service = await startTokenService(() => clock.epochMs(), account);
  upstream = await startScriptedUpstream();
  seen = [];
});
afterEach(async () => {
  source?.close();
  upstream.stop();
  await service.stop();
});

const log = createLog('debug', (line) => {
  seen.push(line);
});
const kinds: Readonly<Record<string, () => TokenSource>> = {
  'exchanged for a key': () => iamTokens({ key, endpoint: service.endpoint, log, clock }),
  'of the instance': () => instanceTokens({ endpoint: service.endpoint, log, clock }),
};

const start = (create: () => TokenSource): void => {
  tokens = create();
  const target = { address: upstream.address, plaintext: true };
  source = createJobSource({ target, tokens, callsPerSecond: 1000, maxConcurrentCalls: 10, log, clock });
};

const dump = (...values: readonly unknown[]): void => {
  for (const value of values) {
    seen.push(inspect(value, { depth: Infinity, showHidden: true, getters: true }));
    seen.push(
      JSON.stringify([value], (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
    );
  }
};

const call = async (): Promise<void> => {
  try {
    dump(await source!.get('j1', clock.deadline(60_000)));
  } catch (error) {
    seen.push(describeError(error), String(error));
    dump(error, (error as Error).cause);
  }
  dump(source, tokens, key);
};

/** All that must not be seen. */
const secrets = (): readonly string[] => [
  ...service.secrets,
  ...account.privatePem.split('\n').filter((line) => line.length > 40),
];

const expectNoSecret = (): void => {
  const all = seen.join('\n');
  expect(secrets().length).toBeGreaterThan(5);
  for (const secret of secrets()) {
    expect(all).not.toContain(secret);
    // Nor most of it.
    expect(all).not.toContain(secret.slice(0, 20));
  }
};

describe('what another service says of a failure', () => {
  it('is kept without the secret that it was sent, and without what looks like one', () => {
    const words = 'opaque/value is not t1.9euelZ-abc_d.Xyz== nor eyJhbGciOi.eyJpc3MiOi.c2lnbg';
    expect(withoutSecrets(words, 'opaque/value')).toBe('[token] is not [token] nor [token]');
    expect(withoutSecrets('plain words', undefined)).toBe('plain words');
  });

  it('is kept up to a length', () => {
    expect(withoutSecrets('x'.repeat(100_000), 'secret').length).toBeLessThanOrEqual(500);
  });
});

describe.each(Object.entries(kinds))('a token %s is in no log, error or dump', (_, create) => {
  beforeEach(() => {
    start(create);
  });

  it('where all goes well', async () => {
    upstream.otherwise = () => jobBytes();
    await call();
    expect(service.secrets.size).toBeGreaterThan(0);
    expectNoSecret();
  });

  it('where upstream refuses it and repeats it', async () => {
    upstream.otherwise = ({ metadata }) => ({
      code: 'UNAUTHENTICATED',
      message: `bad header: ${String(metadata.get('authorization')[0])}`,
    });
    for (let made = 0; made < 3; made++) await call();
    expect(seen.join()).toContain('bad header: Bearer [token]');
    expectNoSecret();
  });

  it('where upstream fails and repeats it', async () => {
    upstream.otherwise = ({ metadata }) => ({
      code: 'UNAVAILABLE',
      message: `cannot check ${String(metadata.get('authorization')[0])}`,
    });
    for (let made = 0; made < 3; made++) await call();
    expect(seen.join()).toContain('cannot check Bearer [token]');
    expect(seen.join()).toContain('upstream is down');
    expectNoSecret();
  });

  it.each(['fails', 'redirects', 'overflows', 'babbles'] as const)(
    'where its service %s at first, and when it is to be renewed',
    async (behaviour) => {
      upstream.otherwise = () => jobBytes();
      service.behaviour = behaviour;
      await call();
      service.behaviour = 'answers';
      clock.advance(60_000);
      await call();
      service.behaviour = behaviour;
      clock.advance(11 * 3_600_000);
      await call();
      clock.advance(24 * 3_600_000);
      await call();
      expect(seen.join()).toContain('no new token for upstream');
      expectNoSecret();
    },
  );

  it('where the account is gone', async () => {
    service.keys.clear();
    await call();
    await settle();
    expect(seen.join()).toContain('FAILED_PRECONDITION');
    expectNoSecret();
  });
});
