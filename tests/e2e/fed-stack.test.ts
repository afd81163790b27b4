import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  freePorts,
  killRunningStacks,
  spawnStack,
  untilGone,
  untilReady,
  type LocalStack,
} from '../support/local-stack.ts';

afterAll(killRunningStacks);

describe('npm start with UPSTREAM=demo', () => {
  let stack: LocalStack;
  let url: string;
  let newestJob: string;

  beforeAll(async () => {
    stack = spawnStack(await freePorts(), { UPSTREAM: 'demo', DEMO: '0' });
    url = `http://127.0.0.1:${stack.ports.HTTP_PORT}/datasphere/v2/jobs`;
    await untilReady(stack);
    newestJob = await eventually(
      'naming a job',
      stack,
      () => /jobs\/(\w+)\n\nCtrl-C/.exec(stack.output())?.[1],
    );
  }, 90_000);
  afterAll(async () => {
    if (stack.process.exitCode === null) process.kill(-stack.process.pid!, 'SIGKILL');
    await stack.exited;
  });

  const get = (jobId: string): Promise<Response> =>
    fetch(`${url}/${jobId}`, { signal: AbortSignal.timeout(10_000) });

  it('answers with a job of that upstream that was not published', async () => {
    const response = await eventually('the job', stack, async () => {
      const answer = await get(newestJob);
      return answer.status === 200 ? answer : undefined;
    });
    expect(await response.json()).toMatchObject({ id: newestJob, projectId: expect.stringMatching(/^bt1/) });
    expect(response.headers.get('x-poll-after')).toMatch(/^\d+$/);
  });

  it('shows the changes of jobs, and says how fresh its answers are', async () => {
    const statuses = new Set<string>();
    const synced = new Set<string>();
    await eventually('two statuses and three confirmations', stack, async () => {
      const answer = await get(newestJob);
      const { status = '' } = (await answer.json()) as { readonly status?: string };
      statuses.add(status);
      synced.add(answer.headers.get('x-job-synced-at') ?? '');
      await new Promise((resolve) => setTimeout(resolve, 300));
      return statuses.size >= 2 && synced.size >= 3 ? true : undefined;
    });
  }, 90_000);

  it('answers NOT_FOUND for a job that upstream does not have either', async () => {
    await eventually('the answer', stack, async () => {
      const { status } = await get('bt1no0such0job000000');
      // On a busy machine this may be slower than the deadline.
      if (status === 503) return undefined;
      expect(status).toBe(404);
      return true;
    });
  });

  it('ends all its processes on Ctrl-C', async () => {
    process.kill(-stack.process.pid!, 'SIGINT');
    expect(await stack.exited).toBe(0);
    await untilGone(stack);
    expect(stack.output()).not.toMatch(/PRIVATE KEY|Bearer|eyJ/);
  }, 60_000);
});
