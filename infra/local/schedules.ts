/** The schedules of the local stack, which call functions as EventBridge does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from './deployment.ts';
import { StartError } from './ports.ts';

export interface ScheduleOptions {
  readonly deployment: Deployment;
  /** Calls a function, and rejects if it failed. */
  readonly invoke: (name: string, event: object) => Promise<unknown>;
  readonly say: (text: string) => void;
}

/** Calls every scheduled function now, and then at its rate, until the signal aborts. */
export function runSchedules({ deployment, invoke, say }: ScheduleOptions, signal: AbortSignal): void {
  for (const [name, { events }] of Object.entries(deployment.functions))
    for (const { schedule } of events)
      if (schedule !== undefined) void repeat(name, rateMs(name, schedule.rate), invoke, say, signal);
}

async function repeat(
  name: string,
  everyMs: number,
  invoke: ScheduleOptions['invoke'],
  say: ScheduleOptions['say'],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // As in AWS, the next run starts even if this one still goes on.
    invoke(name, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }).catch(
      (error: unknown) => {
        if (!signal.aborted) say(`The run of ${name} failed: ${String(error)}`);
      },
    );
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
function rateMs(name: string, rate: string | readonly string[]): number {
  const [text = ''] = [rate].flat();
  const [, count] = /^rate\((\d+) minutes?\)$/.exec(text) ?? [];
  if (count === undefined)
    throw new StartError(`the schedule of ${name} is ${JSON.stringify(text)}: it must be a rate in minutes`);
  return Number(count) * 60_000;
}
