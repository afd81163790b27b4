/** `npm run backfill` in its own process, with the stand-in for upstream and a DynamoDB engine. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { localAwsEnvironment } from '../../infra/local/credentials.ts';
import { freePort } from '../../infra/local/ports.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { runCommand, type CommandOptions, type CommandRun } from '../support/commands.ts';
import { SimulatedClock } from '../../infra/upstream-stand-in/timeline.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

/** More than a page of 100. */
const jobsInAll = 104;

describe('npm run backfill', () => {
  let engine: Engine;
  let table: TestTable;
  let upstream: Upstream;
  let env: Record<string, string>;

  beforeEach(async () => {
    engine = await startDynalite();
    table = await createTable(engine.endpoint, 'jobs');
    const clock = new SimulatedClock(Date.now());
    upstream = await startUpstream({ seed: 5, projects: ['p1', 'p2'], clock });
    env = {
      DYNAMODB_PORT: new URL(engine.endpoint).port,
      UPSTREAM_ENDPOINT: upstream.address,
      UPSTREAM_SERVICE_ACCOUNT_KEY: JSON.stringify(upstream.serviceAccountKey),
      UPSTREAM_IAM_ENDPOINT: upstream.iamUrl,
      UPSTREAM_CALLS_PER_SECOND: '100',
    };
    for (let job = 0; job < jobsInAll; job++) upstream.world.createJob('p1');
  });
  afterEach(async () => {
    await upstream.stop();
    await table.drop();
    await engine.stop();
  });

  const backfill = (args: readonly string[], options: CommandOptions = {}): Promise<CommandRun> =>
    runCommand('backfill', args, { ...options, env: { ...env, ...options.env } });

  /** A rate that leaves four seconds between the first page and the second, so that a test can interrupt it. */
  const slowly = (interrupt: NonNullable<CommandOptions['interrupt']>): Promise<CommandRun> =>
    backfill(['--project', 'p1', '--rate', '0.25'], { interrupt });

  /** Ids of the jobs in the table. */
  async function stored(): Promise<readonly string[]> {
    const items = await table.items();
    return items.filter((item) => 'digest' in item).map((item) => (item['job_id'] as { S: string }).S);
  }
  const inWorld = (): readonly string[] => [...upstream.world.jobs().keys()].toSorted();

  function expectNoSecrets({ stdout, stderr }: CommandRun): void {
    const { private_key } = upstream.serviceAccountKey;
    const secrets = [...private_key.split('\n').filter((line) => line.length > 20), 't1.'];
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  }

  it('stores the jobs of each project, and finds nothing to do the second time', async () => {
    upstream.world.createJob('p2');
    const args = ['--project', 'p1', '--project', 'p2'];
    const first = await backfill(args);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toBe(
      `p1: ${jobsInAll} added, 0 corrected, 0 already right; 3 calls upstream.\n` +
        'p2: 1 added, 0 corrected, 0 already right; 2 calls upstream.\n',
    );
    expect(first.stderr).toMatch(/^104 of 104 jobs, 100 %$/m);
    expect((await stored()).toSorted()).toEqual(inWorld());
    expectNoSecrets(first);

    const before = await table.items();
    const second = await backfill(args);
    expect(second.stdout).toContain(`p1: 0 added, 0 corrected, ${jobsInAll} already right;`);
    expect(withoutTurns(await table.items())).toEqual(withoutTurns(before));
  });

  it('ends after the current page on Ctrl-C, and continues from there the next time', async () => {
    const stopped = await slowly({ when: async () => (await stored()).length > 0, signal: 'SIGINT' });
    expect(stopped).toMatchObject({ code: 130 });
    expect(stopped.stdout).toMatch(/^p1: 100 added, .*\nStopped\. The same command continues from here\.\n$/);
    expect(await stored()).toHaveLength(100);
    expectNoSecrets(stopped);

    const rest = await backfill(['--project', 'p1']);
    expect(rest).toMatchObject({
      code: 0,
      stdout: 'p1: 4 added, 0 corrected, 0 already right, 100 done by an earlier call; 2 calls upstream.\n',
    });
    expect(rest.stderr).toMatch(/^4 of 4 jobs, 100 %$/m);
    expect((await stored()).toSorted()).toEqual(inWorld());
  });

  it('continues after the last page that was done when it was killed', async () => {
    const killed = await slowly({
      when: async () => (await table.items()).some(isBackfillState),
      signal: 'SIGKILL',
    });
    expect(killed).toMatchObject({ code: null, stdout: '' });
    const { stdout } = await backfill(['--project', 'p1']);
    expect(stdout).toMatch(/^p1: 4 added, .* 100 done by an earlier call;/);
    expect((await stored()).toSorted()).toEqual(inWorld());
  });

  it('fills any table, with the credentials and the endpoint of the environment', async () => {
    const other = await createTable(engine.endpoint, 'other-jobs');
    const port = Number(new URL(engine.endpoint).port);
    const where = { ...localAwsEnvironment(port), DYNAMODB_PORT: '1' };
    const { code, stdout } = await backfill(['--project', 'p1', '--table', 'other-jobs'], { env: where });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('104 added') as unknown,
    });
    expect(await stored()).toEqual([]);
    await other.drop();
    const none = await backfill(['--project', 'p1', '--stage', 'nope'], { env: where });
    expect(none).toMatchObject({ code: 1, stdout: '' });
  });

  it('says that a project is missing, a key is refused, or upstream cannot be reached', async () => {
    const missing = await backfill(['--project', 'p3']);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('project p3');

    upstream.revokeKey();
    const refused = await backfill(['--project', 'p1']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/key|token/);
    expectNoSecrets(refused);

    const broken = {
      UPSTREAM_SERVICE_ACCOUNT_KEY: '{"id": "k", "service_account_id": "s", "private_key": "hush"}',
    };
    const unusable = await backfill(['--project', 'p1'], { env: broken });
    expect(unusable).toMatchObject({ code: 1, stdout: '' });
    expect(unusable.stderr).toMatch(/key of the service account|private_key/);
    expect(unusable.stderr).not.toContain('hush');

    const nobody = `127.0.0.1:${await freePort()}`;
    const gone = await backfill(['--project', 'p1'], {
      env: { UPSTREAM_ENDPOINT: nobody, UPSTREAM_SERVICE_ACCOUNT_KEY: '' },
    });
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toContain('upstream');
    expect(await stored()).toEqual([]);
  });

  it.each([
    { wrong: 'no project', args: [], says: '--project is missing.' },
    { wrong: 'a project without its option', args: ['p1'], says: 'p1 is not an option' },
    { wrong: 'two tables', args: ['--project', 'p1', '--stage', 's', '--table', 't'], says: 'one of them' },
    { wrong: 'an unknown option', args: ['--project', 'p1', '--fast'], says: '--fast' },
    {
      wrong: 'a rate that is not a number',
      args: ['--project', 'p1', '--rate', 'fast'],
      says: '--rate is "fast"',
    },
    {
      wrong: 'a table that cannot be',
      args: ['--project', 'p1', '--table', 'a b'],
      says: '--table is "a b"',
    },
    {
      wrong: 'no upstream',
      args: ['--project', 'p1'],
      changed: { UPSTREAM_ENDPOINT: '' },
      says: 'UPSTREAM_ENDPOINT is not set',
    },
    {
      wrong: 'an upstream that is not host:port',
      args: ['--project', 'p1'],
      changed: { UPSTREAM_ENDPOINT: 'https://datasphere' },
      says: 'UPSTREAM_ENDPOINT is "https://datasphere": it must be a host:port',
    },
  ])('refuses $wrong with a message, and makes no call', async ({ args, changed = {}, says }) => {
    const run = await backfill(args, { env: changed });
    expect(run.stderr).toContain(says);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('Usage: npm run backfill');
    expect(upstream.calls.count()).toBe(0);
  });

  it('shows its usage', async () => {
    const { code, stdout } = await backfill(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: npm run backfill');
  });
});

function isBackfillState(item: Readonly<Record<string, unknown>>): boolean {
  return 'page_token' in item;
}

/** All items but that of the quota. */
function withoutTurns(
  items: readonly Readonly<Record<string, unknown>>[],
): readonly Readonly<Record<string, unknown>>[] {
  return items.filter((item) => !('next_at' in item));
}
