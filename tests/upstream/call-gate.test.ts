import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Status } from '../../lib/runtime/status.ts';
import { CallGate } from '../../lib/upstream/call-gate.ts';
import { longestHoldMs, queueLimit, recoveryMs, slowestPart } from '../../lib/upstream/limits.ts';
import { MovingClock, settle } from './moving-clock.ts';

let clock: MovingClock;
beforeEach(() => {
  clock = new MovingClock();
});

/** Something that wants in, and what became of it. */
interface Entrant {
  beganAtMs?: number;
  leave?: () => void;
  failure?: Status;
  over: Promise<void>;
}

const gateOf = (callsPerSecond: number, { burst = 1, maxConcurrentCalls = 1000 } = {}) =>
  new CallGate({ callsPerSecond, burst, maxConcurrentCalls, clock });

const enter = (gate: CallGate, deadlineMs = 3_600_000, caller?: AbortSignal): Entrant => {
  const entrant: Entrant = { over: Promise.resolve() };
  entrant.over = gate.enter(clock.deadline(deadlineMs, caller)).then(
    (leave) => {
      entrant.beganAtMs = clock.now();
      entrant.leave = leave;
    },
    (error: unknown) => {
      if (!(error instanceof Status)) throw error;
      entrant.failure = error;
    },
  );
  return entrant;
};

const retryDelayOf = ({ failure }: Entrant): number => {
  const [detail] = failure!.details;
  return detail?.type === 'RetryInfo' ? detail.retryDelayMs : NaN;
};

describe('the rate limit', () => {
  it('lets no more calls begin in any time than its burst and its rate allow, whoever comes and goes', async () => {
    const arrival = fc.record({
      pauseMs: fc.integer({ min: 0, max: 3000 }),
      deadlineMs: fc.integer({ min: 0, max: 20_000 }),
      staysMs: fc.integer({ min: 0, max: 5000 }),
    });
    const settings = fc.record({
      rate: fc.constantFrom(0.5, 1, 3, 20),
      burst: fc.integer({ min: 1, max: 4 }),
      maxConcurrentCalls: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(settings, fc.array(arrival, { maxLength: 30 }), async (setting, arrivals) => {
        const { rate, burst, maxConcurrentCalls } = setting;
        clock = new MovingClock();
        const gate = gateOf(rate, { burst, maxConcurrentCalls });
        const begun: number[] = [];
        let underWay = 0;
        for (const { pauseMs, deadlineMs, staysMs } of arrivals) {
          await clock.pass(pauseMs);
          void gate.enter(clock.deadline(deadlineMs)).then(
            (leave) => {
              begun.push(clock.now());
              expect(++underWay).toBeLessThanOrEqual(maxConcurrentCalls);
              clock.after(staysMs, () => {
                underWay--;
                leave();
              });
            },
            () => undefined,
          );
          await settle();
        }
        await clock.pass(20_000);
        for (const [first, start] of begun.entries())
          for (const [last, end] of begun.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(burst + ((end - start) / 1000) * rate + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it('lets one call begin every two seconds at a rate of 0.5, in the order in which they came', async () => {
    const gate = gateOf(0.5);
    const entrants = [1, 2, 3, 4].map(() => enter(gate));
    await clock.pass(6000);
    expect(entrants.map(({ beganAtMs }) => beganAtMs)).toEqual([0, 2000, 4000, 6000]);
  });

  it('saves up no more than its burst', async () => {
    const gate = gateOf(1, { burst: 3 });
    await clock.pass(60_000);
    const entrants = [1, 2, 3, 4].map(() => enter(gate));
    await clock.pass(1000);
    expect(entrants.map(({ beganAtMs }) => beganAtMs)).toEqual([60_000, 60_000, 60_000, 61_000]);
  });

  it('fails at once a call whose turn cannot come before its deadline, and says when it would', async () => {
    const gate = gateOf(0.5);
    const entrants = [1, 2, 3].map(() => enter(gate, 3000));
    await settle();
    expect(entrants[2]!.failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the limit of 0.5 calls a second to upstream leaves none before the deadline',
    });
    expect(retryDelayOf(entrants[2]!)).toBe(4000);
    await clock.pass(2000);
    expect(entrants[1]!.beganAtMs).toBe(2000);
  });

  it('does not count calls whose callers went away while they waited', async () => {
    const gate = gateOf(0.5);
    const caller = new AbortController();
    const entrants = [enter(gate), enter(gate, 60_000, caller.signal), enter(gate)];
    await settle();
    caller.abort();
    await clock.pass(2000);
    expect(entrants[1]!.failure?.code).toBe('CANCELLED');
    expect(entrants[2]!.beganAtMs).toBe(2000);
  });

  it('is none for a number that lets nothing through', () => {
    for (const rate of [0, -1, NaN, Infinity])
      expect(() => gateOf(rate)).toThrow('the rate of calls is above 0');
    expect(() => gateOf(1, { maxConcurrentCalls: 0 })).toThrow('concurrent calls is 1 or more');
    expect(() => gateOf(1, { burst: 0.5 })).toThrow('the burst 1 or more');
  });
});

describe('the limit of calls under way', () => {
  it('lets a call begin when another has ended, however often that one says so', async () => {
    const gate = gateOf(1000, { burst: 1000, maxConcurrentCalls: 2 });
    const entrants = [1, 2, 3, 4].map(() => enter(gate));
    await settle();
    const begun = () => entrants.filter(({ beganAtMs }) => beganAtMs !== undefined).length;
    expect(begun()).toBe(2);
    entrants[0]!.leave!();
    entrants[0]!.leave!();
    await settle();
    expect(begun()).toBe(3);
  });

  it('is DEADLINE_EXCEEDED for whoever waits for it in vain', async () => {
    const gate = gateOf(1000, { burst: 1000, maxConcurrentCalls: 1 });
    enter(gate);
    const waiting = enter(gate, 500);
    await clock.pass(500);
    expect(waiting.failure?.code).toBe('DEADLINE_EXCEEDED');
  });

  it('has a queue with an end', async () => {
    const gate = gateOf(1e6, { burst: 1e6, maxConcurrentCalls: 1 });
    enter(gate);
    for (let waiting = 0; waiting < queueLimit; waiting++) void enter(gate);
    const oneTooMany = enter(gate);
    await settle();
    expect(oneTooMany.failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: `${queueLimit} calls to upstream wait already`,
    });
  });
});

describe('throttling', () => {
  it('halves the rate, once for attempts that were throttled together, and takes what was saved', async () => {
    const gate = gateOf(8, { burst: 8 });
    clock.advance(1000);
    expect(gate.slowDown(900)).toBe(4);
    expect(gate.slowDown(950)).toBeUndefined();
    const first = enter(gate);
    await settle();
    expect(first.beganAtMs).toBeUndefined();
    await clock.pass(250);
    expect(first.beganAtMs).toBe(1250);
  });

  it('again and again stops at a sixteenth of the rate', () => {
    const gate = gateOf(16);
    const rates = Array.from({ length: 8 }, () => gate.slowDown(clock.now()));
    expect(rates).toEqual([8, 4, 2, 1, 1, 1, 1, 1]);
    expect(slowestPart).toBe(1 / 16);
  });

  it('is followed by a rate that grows in a straight line up to what it was', () => {
    const gate = gateOf(16);
    expect(gate.slowDown(clock.now())).toBe(8);
    clock.advance(recoveryMs / 4);
    expect(gate.slowDown(clock.now())).toBe((8 + 4) / 2);
    clock.advance(recoveryMs * 10);
    expect(gate.slowDown(clock.now())).toBe(8);
  });

  it('holds back all calls for as long as upstream asks, but for no longer than a minute', async () => {
    const gate = gateOf(1000, { burst: 1000 });
    gate.slowDown(0, 5000);
    const patient = enter(gate, 6000);
    const impatient = enter(gate, 4000);
    await settle();
    expect(impatient.failure?.code).toBe('UNAVAILABLE');
    await clock.pass(4900);
    expect(patient.beganAtMs).toBeUndefined();
    await clock.pass(200);
    expect(patient.beganAtMs).toBeGreaterThanOrEqual(5000);
    patient.leave!();
    gate.slowDown(clock.now(), 24 * 3_600_000);
    const later = enter(gate);
    const heldAtMs = clock.now();
    await clock.pass(longestHoldMs + 100);
    expect(later.beganAtMs! - heldAtMs).toBeLessThanOrEqual(longestHoldMs + 100);
  });

  it('saves up no calls while they are held back', async () => {
    const gate = gateOf(8, { burst: 8 });
    gate.slowDown(0, 5000);
    const entrants = [enter(gate), enter(gate)];
    await clock.pass(6000);
    const [first, second] = entrants.map(({ beganAtMs }) => beganAtMs!);
    expect(first).toBeGreaterThan(5000);
    // At least as long apart as the full rate would have them.
    expect(second! - first!).toBeGreaterThanOrEqual(125);
  });

  it('fails those at once whose turn is now too late, and keeps the order of the others', async () => {
    const gate = gateOf(1);
    const entrants = [60_000, 60_000, 2500, 60_000].map((deadlineMs) => enter(gate, deadlineMs));
    await settle();
    gate.slowDown(0);
    await settle();
    expect(entrants.map(({ failure }) => failure?.code)).toEqual([
      undefined,
      undefined,
      'UNAVAILABLE',
      undefined,
    ]);
    await clock.pass(10_000);
    expect(entrants[1]!.beganAtMs).toBeLessThan(entrants[3]!.beganAtMs!);
  });
});

describe('a closed gate', () => {
  it('fails whoever waits, and whoever comes', async () => {
    const gate = gateOf(0.5);
    const entrants = [enter(gate), enter(gate)];
    await settle();
    gate.close();
    entrants.push(enter(gate));
    await settle();
    expect(entrants.map(({ failure }) => failure?.message)).toEqual([
      undefined,
      'the connection to upstream has been closed',
      'the connection to upstream has been closed',
    ]);
  });
});
