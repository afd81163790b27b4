/** A job that moves from status to status while the local stack runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobEventJson } from './samples.ts';

/** The id of the demo job. */
export const demoJobId = 'bt1demo0moving0job00';

/** How long the demo job stays in each status, in milliseconds. */
const stepMs = 3000;

/** What each step changes, as a patch. */
const steps: readonly ((now: string) => Readonly<Record<string, unknown>>)[] = [
  () => ({ status: 'PREPARING' }),
  (now) => ({ status: 'EXECUTING', startedAt: now, actualCloudInstanceType: { name: 'c1.4' } }),
  () => ({ status: 'UPLOADING_OUTPUT' }),
  (now) => ({ status: 'SUCCESS', finishedAt: now, dataSizeBytes: '4096' }),
];

/** Walks the demo job from CREATING to SUCCESS, and leaves it there. Ends early when the signal aborts. */
export async function walkDemoJob(
  publish: (event: JobEventJson) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const event = (change: JobEventJson): JobEventJson => {
    const occurredAt = new Date().toISOString();
    return { eventId: `demo-${occurredAt}`, jobId: demoJobId, occurredAt, ...change };
  };
  const snapshot = {
    id: demoJobId,
    name: 'demo',
    desc: 'Moves from CREATING to SUCCESS while you watch',
    createdAt: new Date().toISOString(),
    status: 'CREATING',
    projectId: 'bt1pr0j3ctanalytics2',
    jobParameters: { cmd: 'echo hello', cloudInstanceTypes: [{ name: 'c1.4' }] },
  };
  await publish(event({ snapshot }));
  for (const step of steps) {
    await sleep(stepMs, undefined, { signal });
    await publish(event({ patch: { job: step(new Date().toISOString()) } }));
  }
}
