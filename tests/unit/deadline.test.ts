import { describe, expect, it } from '@jest/globals';
import { Deadline, type Clock } from '../../lib/runtime/deadline.ts';
import type { Status } from '../../lib/runtime/status.ts';

/** A clock that stands at 0 until it is set, and timers that fire when they are told to. */
function standingClock() {
  const timer = new AbortController();
  const clock: Clock & { nowMs: number } = { nowMs: 0, now: () => clock.nowMs, timeout: () => timer.signal };
  const fire = (): void => {
    timer.abort();
  };
  return { clock, fire };
}

function codeOf(deadline: Deadline): string {
  try {
    deadline.check();
    return 'OK';
  } catch (error) {
    return (error as Status).code;
  }
}

describe('a deadline', () => {
  it('has passed when its time is over, though its timer is late', () => {
    const { clock } = standingClock();
    const deadline = new Deadline(60, { clock });
    clock.nowMs = 59;
    expect(deadline.remainingMs()).toBe(1);
    expect(codeOf(deadline)).toBe('OK');
    clock.nowMs = 60;
    expect(codeOf(deadline)).toBe('DEADLINE_EXCEEDED');
  });

  it('has passed when its timer has fired, though the clock is a little behind', () => {
    const { clock, fire } = standingClock();
    const deadline = new Deadline(60, { clock, cancelled: () => new AbortController().signal });
    expect(deadline.signal.aborted).toBe(false);
    clock.nowMs = 59.7;
    fire();
    expect(deadline.remainingMs()).toBe(0);
    expect(codeOf(deadline)).toBe('DEADLINE_EXCEEDED');
  });

  it('is cancelled when the caller goes away before it', () => {
    const { clock } = standingClock();
    const caller = new AbortController();
    const deadline = new Deadline(60, { clock, cancelled: () => caller.signal });
    caller.abort();
    expect(deadline.signal.aborted).toBe(true);
    expect(codeOf(deadline)).toBe('CANCELLED');
  });

  it('may have an earlier one, by the same clock, that is cancelled with it', () => {
    const { clock } = standingClock();
    const caller = new AbortController();
    const deadline = new Deadline(60, { clock, cancelled: () => caller.signal });
    clock.nowMs = 10;
    const earlier = deadline.before(20);
    expect(earlier.remainingMs()).toBe(30);
    expect(codeOf(deadline.before(50))).toBe('DEADLINE_EXCEEDED');
    expect(earlier.signal.aborted).toBe(false);
    caller.abort();
    expect(codeOf(earlier)).toBe('CANCELLED');
  });

  it('ends a wait that goes on beyond it, and one whose caller goes away or has gone; the work is not touched', async () => {
    const caller = new AbortController();
    let finish: (value: string) => void = () => undefined;
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    await expect(new Deadline(20).wait(work)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const deadline = new Deadline(10_000, { cancelled: () => caller.signal });
    const waiting = deadline.wait(work);
    caller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(deadline.wait(work)).rejects.toMatchObject({ code: 'CANCELLED' });
    finish('done');
    expect(await new Deadline(10_000).wait(work)).toBe('done');
  });

  it('has passed where its caller goes away at that very moment, as who has the same deadline does', async () => {
    const { clock } = standingClock();
    const caller = new AbortController();
    const deadline = new Deadline(60, { clock, cancelled: () => caller.signal });
    clock.nowMs = 56;
    const waiting = deadline.wait(new Promise(() => undefined));
    caller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(deadline.signal.aborted).toBe(true);
    expect(codeOf(deadline)).toBe('DEADLINE_EXCEEDED');
  });

  it('handles the failure of work that nobody waits for any more', async () => {
    const late = new Promise((_, reject) => {
      setImmediate(() => {
        reject(new Error('late'));
      });
    });
    const deadline = new Deadline(10_000, { cancelled: () => AbortSignal.abort() });
    await expect(deadline.wait(late)).rejects.toMatchObject({ code: 'CANCELLED' });
    // A rejection that nobody handled would fail this test.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  });

  it('asks once whether its caller has gone', () => {
    let asked = 0;
    const cancelled = (): AbortSignal => {
      asked++;
      return new AbortController().signal;
    };
    const deadline = new Deadline(10_000, { cancelled });
    void deadline.wait(Promise.resolve());
    void deadline.wait(Promise.resolve());
    expect([deadline.signal.aborted, asked]).toEqual([false, 1]);
  });
});
