import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Status } from '../../lib/runtime/status.ts';
import type { LogFields, LogLevel } from '../../lib/telemetry/log.ts';
import { CircuitBreaker, type Sign } from '../../lib/upstream/circuit-breaker.ts';
import { downBackOff, failuresUntilDown } from '../../lib/upstream/limits.ts';
import { MovingClock } from './moving-clock.ts';

let clock: MovingClock;
let breaker: CircuitBreaker;
let lines: (readonly [LogLevel, string, LogFields])[];

beforeEach(() => {
  clock = new MovingClock();
  lines = [];
  // Without jitter: the wait is all of its ceiling.
  breaker = new CircuitBreaker(
    clock,
    () => 1,
    (level, message, fields = {}) => {
      lines.push([level, message, fields]);
    },
  );
});

const attempt = (sign: Sign): void => {
  breaker.enter().report(sign);
};
const attempts = (sign: Sign, count: number): void => {
  for (let made = 0; made < count; made++) attempt(sign);
};
const refusal = (): Status | undefined => {
  try {
    breaker.check();
    return undefined;
  } catch (error) {
    return error as Status;
  }
};

describe('the circuit breaker', () => {
  it('lets calls through until so many in a row found upstream down', () => {
    attempts('down', failuresUntilDown - 1);
    attempt('up');
    attempts('down', failuresUntilDown - 1);
    expect(refusal()).toBeUndefined();
    attempt('down');
    expect(refusal()?.code).toBe('UNAVAILABLE');
  });

  it('counts no attempt that had no fair chance', () => {
    attempts('down', failuresUntilDown - 1);
    attempts('unknown', 10);
    expect(refusal()).toBeUndefined();
  });

  it('says since when upstream is down, and when the next try is', () => {
    clock.advance(1500);
    attempts('down', failuresUntilDown);
    clock.advance(250);
    expect(refusal()).toMatchObject({
      message: 'upstream is down since 2026-11-24T12:00:01.500Z, next try in 0.8 s',
      details: [{ type: 'RetryInfo', retryDelayMs: 750 }],
    });
  });

  it('lets one call try, and no other until that one is over', () => {
    attempts('down', failuresUntilDown);
    clock.advance(downBackOff.firstMs);
    const probe = breaker.enter();
    expect(refusal()?.message).toContain('one call is trying it now');
    probe.report('up');
    expect(refusal()).toBeUndefined();
  });

  it('waits twice as long after each try that failed, up to a ceiling', () => {
    attempts('down', failuresUntilDown);
    const waits = Array.from({ length: 7 }, () => {
      const [detail] = refusal()!.details;
      const { retryDelayMs } = detail as { retryDelayMs: number };
      clock.advance(retryDelayMs);
      attempt('down');
      return retryDelayMs;
    });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('lets the next call try where the one that did had no fair chance', () => {
    attempts('down', failuresUntilDown);
    clock.advance(downBackOff.firstMs);
    attempt('unknown');
    expect(refusal()).toBeUndefined();
  });

  it('takes no notice of failures of attempts that began before it opened', () => {
    const early = breaker.enter();
    attempts('down', failuresUntilDown);
    clock.advance(downBackOff.firstMs);
    const probe = breaker.enter();
    early.report('down');
    expect(refusal()?.message).toContain('one call is trying it now');
    probe.report('up');
    expect(refusal()).toBeUndefined();
  });

  it('is closed by any attempt that found upstream up', () => {
    const early = breaker.enter();
    attempts('down', failuresUntilDown);
    early.report('up');
    expect(refusal()).toBeUndefined();
  });

  it('logs once that upstream is down, and once that it is up again', () => {
    attempts('down', failuresUntilDown);
    clock.advance(downBackOff.firstMs);
    attempt('down');
    clock.advance(2 * downBackOff.firstMs);
    attempts('up', 2);
    const since = '2026-11-24T12:00:00.000Z';
    expect(lines).toEqual([
      ['warn', 'upstream is down', { since, failures: failuresUntilDown }],
      ['info', 'upstream is up again', { since, seconds: 3 }],
    ]);
  });
});
