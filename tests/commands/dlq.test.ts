import {
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { localAwsEnvironment } from '../../infra/local/credentials.ts';
import { readDeployment } from '../../infra/local/deployment.ts';
import { freePort } from '../../infra/local/ports.ts';
import { startQueues, type RunningQueues } from '../../infra/local/queue.ts';
import { runCommand, type CommandRun } from '../support/commands.ts';
import { enveloped, jobEvent, snapshotEvent } from '../support/events.ts';

describe('npm run dlq', () => {
  let queues: RunningQueues;
  let client: SQSClient;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    queues = await startQueues(await readDeployment(), port);
    client = queues.client;
  });
  afterAll(() => queues.stop());
  beforeEach(async () => {
    for (const QueueUrl of queues.urls.values()) await client.send(new PurgeQueueCommand({ QueueUrl }));
  });

  const dlq = (args: readonly string[], env: Record<string, string> = {}): Promise<CommandRun> =>
    runCommand('dlq', args, { env: { SQS_PORT: String(port), ...env } });
  const park = async (...bodies: readonly unknown[]): Promise<readonly string[]> => {
    const ids: string[] = [];
    const QueueUrl = queues.urls.get('JobEventsDeadLetters')!;
    for (const body of bodies) {
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      ids.push((await client.send(new SendMessageCommand({ QueueUrl, MessageBody }))).MessageId!);
    }
    return ids;
  };
  const received = async (id: 'JobEvents' | 'JobEventsDeadLetters'): Promise<readonly string[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queues.urls.get(id)!,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
    });
    return ((await client.send(command)).Messages ?? []).map(({ Body }) => Body!);
  };

  const good = enveloped(snapshotEvent(7, { name: 'good' }, 'good-job'));
  const notice = jobEvent({ jobId: 'noticed', revision: 3, changed: {} });
  const secret = 'hunter2-hunter2';
  const withPassword = snapshotEvent(
    1,
    {
      config: `password: ${secret}`,
      jobParameters: { env: { dockerImageSpec: { passwordPlainText: secret, imageUrl: 'r/i' } } },
    },
    'private',
  );

  it('lists every dead letter with its job and why it failed, each time it is called', async () => {
    const [first, second, third] = await park('{"jobId": 7', notice, good);
    for (let time = 0; time < 2; time++) {
      const { code, stdout } = await dlq(['list']);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        new RegExp(`${first} .*not a job event\\n {2}INVALID_FIELD: event: is not JSON`),
      );
      expect(stdout).toMatch(
        new RegExp(`${second} .*job noticed, revision 3\\n {2}a changed notice, and no upstream`),
      );
      expect(stdout).toMatch(new RegExp(`${third} .*job good-job, revision 7\\n {2}the event is in order`));
      expect(stdout).toContain(`3 dead letters in job-events-dead-letters on 127.0.0.1:${port}.`);
    }
  });

  it('shows a dead letter without its secrets, and with them only for --raw', async () => {
    const [id, broken] = await park(withPassword, `not JSON, ${secret}`);
    const { stdout } = await dlq(['show', id!]);
    expect(stdout).toContain('change:         snapshot');
    expect(stdout).toContain('"imageUrl": "r/i"');
    expect(stdout).not.toContain(secret);
    expect((await dlq(['show', broken!])).stdout).not.toContain(secret);
    expect((await dlq(['show', broken!, '--raw'])).stdout).toBe(`not JSON, ${secret}\n`);
    expect(await dlq(['show', 'no-such-id'])).toMatchObject({
      code: 1,
      stderr: 'no-such-id was not found among 2 dead letters.\n',
    });
  });

  it('sends the dead letters again that may succeed, and keeps the others', async () => {
    await park('poison', good, notice);
    const { stdout } = await dlq(['redrive']);
    expect(stdout).toBe(
      `Sent 1 dead letter of job-events-dead-letters on 127.0.0.1:${port} to the queue again, ` +
        'and kept 2 that would fail again (--all sends them too).\n',
    );
    expect(await received('JobEvents')).toEqual([JSON.stringify(good)]);
    expect([...(await received('JobEventsDeadLetters'))].sort()).toEqual(
      ['poison', JSON.stringify(notice)].sort(),
    );
  });

  it('sends the chosen dead letters again, or all', async () => {
    const [id] = await park('poison', notice);
    await dlq(['redrive', id!]);
    expect(await received('JobEvents')).toEqual(['poison']);
    await dlq(['redrive', '--all']);
    expect(await received('JobEvents')).toHaveLength(2);
    expect(await received('JobEventsDeadLetters')).toEqual([]);
  });

  it('sends many and large dead letters again, in several batches', async () => {
    const large = Array.from({ length: 25 }, (_, index) =>
      snapshotEvent(1, { config: 'x'.repeat(100_000) }, `large-${index}`),
    );
    await park(...large);
    expect((await dlq(['redrive'])).stdout).toContain('Sent 25 dead letters');
    expect((await dlq(['list'])).stdout).toContain('0 dead letters');
  });

  it('deletes only the chosen dead letters, and none without a question', async () => {
    const [first] = await park('one', 'two');
    expect(await dlq(['purge'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'There is no terminal to ask on: give --yes to delete without a question.',
      ) as unknown,
    });
    expect((await dlq(['purge', first!, '--yes'])).stdout).toContain('Deleted 1 dead letter of');
    expect(await received('JobEventsDeadLetters')).toEqual(['two']);
    expect((await dlq(['purge', '--yes'])).stdout).toContain('Deleted 1 dead letter of');
    expect(await received('JobEventsDeadLetters')).toEqual([]);
  });

  it('works on a deployed queue, with the credentials and the endpoint of the environment', async () => {
    await park(good);
    const env = {
      ...localAwsEnvironment(0),
      AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${port}`,
      SQS_PORT: '1',
    };
    expect((await dlq(['list', '--queue', 'job-events'], env)).stdout).toContain('1 dead letter in');
    expect(await dlq(['list', '--stage', 'nope'], env)).toMatchObject({ code: 1 });
  });

  it('says what is wrong with its arguments', async () => {
    const nowhere = String(await freePort());
    expect(await dlq(['list'], { SQS_PORT: nowhere })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`cannot be reached on port ${nowhere}: is \`npm start\``) as unknown,
    });
    for (const wrong of [[], ['show'], ['list', 'x'], ['drop'], ['list', '--limit', '0'], ['list', '--what']])
      expect(await dlq(wrong)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Usage:') as unknown,
      });
    expect(await dlq(['--help'])).toMatchObject({ code: 0 });
  });
});
