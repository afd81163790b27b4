import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Status } from '../../lib/runtime/status.ts';
import type { LogFields } from '../../lib/telemetry/log.ts';
import { createJobSource, type JobSourceOptions } from '../../lib/upstream/create-job-source.ts';
import type { JobSource } from '../../lib/upstream/job-source.ts';
import { attemptLimit } from '../../lib/upstream/limits.ts';
import { givenToken } from '../../lib/iam/given-token.ts';
import type { TokenSource } from '../../lib/iam/token-source.ts';
import { jobBytes } from '../support/documents.ts';
import { MovingClock } from './moving-clock.ts';
import { retryInfo, startScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts';

let upstream: ScriptedUpstream;
let clock: MovingClock;
let source: JobSource | undefined;
let lines: (readonly [string, LogFields])[];

beforeEach(async () => {
  upstream = await startScriptedUpstream();
  upstream.otherwise = () => jobBytes();
  clock = new MovingClock('leaping');
  lines = [];
});
afterEach(() => {
  source?.close();
  upstream.stop();
});

const sourceWith = (options: Partial<JobSourceOptions>): JobSource => {
  source = createJobSource({
    target: { address: upstream.address, plaintext: true },
    tokens: undefined,
    callsPerSecond: 1000,
    maxConcurrentCalls: 10,
    log: (level, message, fields = {}) => {
      if (level !== 'debug') lines.push([message, fields]);
    },
    clock,
    random: () => 0.5,
    ...options,
  });
  return source;
};
const soon = () => clock.deadline(10_000);
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error: unknown) => (error instanceof Status ? error.code : String(error)),
  );
const sentTokens = (): readonly unknown[] =>
  upstream.calls.map(({ metadata }) => metadata.get('authorization')[0]);

/** Gives one token after another, and the last one for ever. */
function tokensOf(...tokens: readonly string[]): TokenSource {
  let next = 0;
  return {
    token: () => Promise.resolve(tokens[next]!),
    invalidate: (token) => {
      if (token === tokens[next] && next < tokens.length - 1) next++;
    },
  };
}

describe('a token that upstream refuses', () => {
  beforeEach(() => {
    upstream.otherwise = ({ metadata }) =>
      metadata.get('authorization')[0] === 'Bearer good' ? jobBytes() : { code: 'UNAUTHENTICATED' };
  });

  it('is replaced, and the call made once more', async () => {
    const { job } = await sourceWith({ tokens: tokensOf('old', 'good') }).get('j1', soon());
    expect(job).toEqual(Buffer.from(jobBytes()));
    expect(sentTokens()).toEqual(['Bearer old', 'Bearer good']);
  });

  it('is replaced once in a call, and then our credentials are what is wrong, not the caller’s', async () => {
    const calls = sourceWith({ tokens: tokensOf('old', 'older', 'good') });
    expect(await codeOf(calls.get('j1', soon()))).toBe('FAILED_PRECONDITION');
    expect(sentTokens()).toEqual(['Bearer old', 'Bearer older']);
  });

  it('is not sent twice where there is no other', async () => {
    expect(await codeOf(sourceWith({ tokens: givenToken('old') }).get('j1', soon()))).toBe(
      'FAILED_PRECONDITION',
    );
    expect(sentTokens()).toEqual(['Bearer old']);
  });
});

describe('a token that cannot be had', () => {
  it('fails the call as its source says, and asks upstream nothing', async () => {
    const tokens: TokenSource = {
      token: () => Promise.reject(new Status('SERVICE_TOKEN_UNAVAILABLE', 'no token')),
      invalidate: () => undefined,
    };
    await expect(sourceWith({ tokens }).get('j1', soon())).rejects.toThrow('no token');
    expect(upstream.calls).toHaveLength(0);
  });

  it('or cannot be sent is no bug of ours, and is not repeated in the error', async () => {
    const failure: unknown = await sourceWith({ tokens: givenToken('t1.two\nlines') })
      .get('j1', soon())
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect((failure as Error).message).not.toContain('t1.');
  });
});

describe('the quota of the fleet', () => {
  it('is taken from before each attempt', async () => {
    let taken = 0;
    const fleetQuota = {
      acquire: () => {
        taken++;
        return Promise.resolve();
      },
    };
    upstream.otherwise = () => ({ code: 'UNAVAILABLE' });
    await codeOf(sourceWith({ fleetQuota }).get('j1', soon()));
    expect([taken, upstream.calls.length]).toEqual([attemptLimit, attemptLimit]);
  });

  it('that is used up fails the call as it says, and asks upstream nothing', async () => {
    const fleetQuota = { acquire: () => Promise.reject(new Status('UPSTREAM_QUOTA_USED_UP', 'used up')) };
    await expect(sourceWith({ fleetQuota }).get('j1', soon())).rejects.toThrow('used up');
    expect(upstream.calls).toHaveLength(0);
  });
});

describe('the limits', () => {
  it('are shared by Get and List, and retries count too', async () => {
    const times: number[] = [];
    // Asked as soon as an attempt has had its turn, and so a way to see when that is.
    const fleetQuota = {
      acquire: () => {
        times.push(clock.now());
        return Promise.resolve();
      },
    };
    upstream.otherwise = ({ method }) => (method === 'Get' ? { code: 'UNAVAILABLE' } : Buffer.alloc(0));
    const calls = sourceWith({ callsPerSecond: 0.5, fleetQuota });
    await Promise.all([
      codeOf(calls.get('j1', clock.deadline(60_000))),
      calls.list({ projectId: 'p1', pageSize: 1 }, clock.deadline(60_000)),
    ]);
    expect(times).toHaveLength(attemptLimit + 1);
    for (const [index, time] of times.entries())
      if (index > 0) expect(time - times[index - 1]!).toBeGreaterThanOrEqual(2000);
  });

  it('let only so many calls be under way', async () => {
    let underWay = 0;
    let most = 0;
    upstream.otherwise = () => {
      most = Math.max(most, ++underWay);
      return undefined;
    };
    const calls = sourceWith({
      maxConcurrentCalls: 3,
      attemptMs: { Get: 100, List: 100 },
      callsPerSecond: 1e6,
    });
    const caller = new AbortController();
    const waiting = Array.from({ length: 10 }, () =>
      codeOf(calls.get('j1', clock.deadline(60_000, caller.signal))),
    );
    while (underWay < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([most, upstream.calls.length]).toEqual([3, 3]);
    caller.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['CANCELLED']));
  });

  it('are lowered when upstream throttles, for all calls, which the log says once', async () => {
    upstream.next.push({ code: 'RESOURCE_EXHAUSTED', trailers: retryInfo(5000)! });
    const calls = sourceWith({ callsPerSecond: 8, burst: 8 });
    await Promise.all([calls.get('j1', soon()), calls.get('j2', soon()), calls.get('j3', soon())]);
    await calls.get('j4', clock.deadline(60_000));
    expect(lines).toEqual([
      [
        'upstream throttles',
        {
          callsPerSecond: 4,
          retryDelayMs: 5000,
          code: 'UNAVAILABLE',
          reason: 'UPSTREAM_THROTTLED',
          error: expect.any(String),
          cause: expect.stringMatching(/^UpstreamError: /),
        },
      ],
    ]);
    expect(clock.now()).toBeGreaterThanOrEqual(5000);
  });

  it('throttling is not being down: the circuit breaker stays closed', async () => {
    upstream.otherwise = () => ({ code: 'RESOURCE_EXHAUSTED' });
    const calls = sourceWith({});
    for (let call = 0; call < 5; call++) await codeOf(calls.get('j1', clock.deadline(60_000)));
    expect(upstream.calls).toHaveLength(5 * attemptLimit);
  });
});

describe('the time of a read', () => {
  it('is when the attempt began that was answered, after all waits', async () => {
    const startMs = clock.epochMs();
    upstream.next.push({ code: 'UNAVAILABLE', trailers: retryInfo(3000)! });
    const { readAt } = await sourceWith({ callsPerSecond: 0.2 }).get('j1', soon());
    // The second attempt's turn comes after 5 s.
    expect(readAt).toBe(BigInt(startMs + 5000) * 1000n);
  });

  it('is another for each read, however many begin in one millisecond, in the order in which they begin', async () => {
    const calls = sourceWith({ burst: 1000, maxConcurrentCalls: 1000 });
    const reads = await Promise.all(Array.from({ length: 20 }, () => calls.get('j1', soon())));
    const times = reads.map(({ readAt }) => readAt);
    expect(new Set(times).size).toBe(20);
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
  });
});

describe('a closed source', () => {
  it('fails calls that come, and those that wait', async () => {
    const calls = sourceWith({ callsPerSecond: 0.01, clock: new MovingClock() });
    await calls.get('j1', soon());
    const waiting = codeOf(calls.get('j1', clock.deadline(1e9)));
    await new Promise((resolve) => setImmediate(resolve));
    calls.close();
    expect([await waiting, await codeOf(calls.get('j1', soon()))]).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  });
});
