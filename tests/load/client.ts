/** Load from one process: as much as is served, or more than that. */
import { setTimeout as sleep } from 'node:timers/promises';
import { servedCode, type Protocol, type Target } from './target.ts';

/** What a phase of load came to. */
export interface Phase {
  readonly seconds: number;
  /** Calls that were due by the rate, and those of them for which there was a connection. */
  readonly due: number;
  readonly sent: number;
  /** Answers by code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Of the calls that were served. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

class Tally {
  sent = 0;
  underWay = 0;
  private readonly codes: Record<string, number> = {};
  private readonly servedMs: number[] = [];
  private readonly protocol: Protocol;

  constructor(protocol: Protocol) {
    this.protocol = protocol;
  }

  async call(target: Target): Promise<void> {
    this.sent++;
    this.underWay++;
    const startMs = performance.now();
    const code = await target.call();
    this.underWay--;
    this.codes[code] = (this.codes[code] ?? 0) + 1;
    if (code === servedCode[this.protocol]) this.servedMs.push(performance.now() - startMs);
  }

  phase(seconds: number, due: number): Phase {
    const sorted = this.servedMs.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
    const latencyMs = { p50: at(0.5), p99: at(0.99), max: at(1) };
    return { seconds, due, sent: this.sent, codes: { ...this.codes }, latencyMs };
  }
}

/** Keeps so many calls under way: the next one starts when one has ended. */
export async function closedLoop(
  target: Target,
  protocol: Protocol,
  underWay: number,
  seconds: number,
): Promise<Phase> {
  const tally = new Tally(protocol);
  const endMs = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: underWay }, async () => {
      while (performance.now() < endMs) await tally.call(target);
    }),
  );
  return tally.phase(seconds, tally.sent);
}

/** Starts so many calls a second, whatever becomes of them, and does not wait for those that are left at the end. */
export async function openLoop(
  target: Target,
  protocol: Protocol,
  rate: number,
  seconds: number,
): Promise<Phase> {
  const tally = new Tally(protocol);
  const startMs = performance.now();
  let due = 0;
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - startMs) / 1000) {
    for (; due < elapsed * rate; due++) if (tally.underWay < target.capacity) void tally.call(target);
    await sleep(1);
  }
  return tally.phase(seconds, due);
}

/** How long after now twenty calls in a row have been served, one after another, in milliseconds. */
export async function recoveryMs(target: Target, protocol: Protocol, limitMs: number): Promise<number> {
  const startMs = performance.now();
  for (let inARow = 0; inARow < 20;) {
    inARow = (await target.call()) === servedCode[protocol] ? inARow + 1 : 0;
    if (inARow === 0) await sleep(5);
    if (performance.now() - startMs > limitMs) return Infinity;
  }
  return performance.now() - startMs;
}
