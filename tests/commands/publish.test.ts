import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readDeployment } from '../../infra/local/deployment.ts';
import { freePort } from '../../infra/local/ports.ts';
import { startQueues, type RunningQueues } from '../../infra/local/queue.ts';
import { runCommand, type CommandRun } from '../support/commands.ts';
import { deletedEvent, enveloped, snapshotEvent } from '../support/events.ts';

describe('npm run publish', () => {
  let queues: RunningQueues;
  let port: number;
  let folder: string;

  beforeAll(async () => {
    port = await freePort();
    queues = await startQueues(await readDeployment(), port);
    folder = await mkdtemp(join(tmpdir(), 'publish-test-'));
  });
  afterAll(async () => {
    await queues.stop();
    await rm(folder, { recursive: true });
  });

  const publish = (args: readonly string[], { input = '', env = {} } = {}): Promise<CommandRun> =>
    runCommand('publish', args, { cwd: folder, env: { SQS_PORT: String(port), ...env }, input });

  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return name;
  };

  /** Takes all messages out of the queue. */
  const received = async (): Promise<unknown[]> => {
    const all: unknown[] = [];
    const QueueUrl = queues.urls.get('JobEvents');
    for (;;) {
      const { Messages = [] } = await queues.client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return all;
      all.push(...Messages.map(({ Body }) => JSON.parse(Body!) as unknown));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await queues.client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };

  it('sends one event, a list of events, and one event on each line', async () => {
    const events = [1, 2, 3, 4].map((revision) => snapshotEvent(revision, {}, `job-${revision % 2}`));
    const one = await file('one.json', JSON.stringify(events[0], null, 2));
    const list = await file('list.json', JSON.stringify(events.slice(1, 3)));
    const lines = await file(
      'lines.ndjson',
      `${JSON.stringify(events[3])}\n\n${JSON.stringify(enveloped(events[0]))}\n`,
    );
    expect(await publish([one, list, lines])).toEqual({
      code: 0,
      stdout: `Sent 5 events of 2 jobs to the queue job-events on 127.0.0.1:${port}.\n`,
      stderr: '',
    });
    expect(await received()).toEqual(
      expect.arrayContaining([...events, expect.objectContaining({ detail: events[0] })]),
    );
  });

  it('sends the events of standard input', async () => {
    expect(await publish(['-'], { input: JSON.stringify(deletedEvent(1)) })).toMatchObject({ code: 0 });
    expect(await received()).toHaveLength(1);
  });

  it('sends nothing if one event is wrong, and says which one and why', async () => {
    const lines = await file(
      'bad.ndjson',
      [snapshotEvent(1), snapshotEvent(-1), { jobId: 'x' }].map((one) => JSON.stringify(one)).join('\n'),
    );
    const broken = await file('broken.json', '{\n "jobId": \n');
    expect(await publish([lines, broken])).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'bad.ndjson:2: revision: must not be negative',
        'bad.ndjson:3: revision: is needed where there is no occurred_at',
        'broken.json:1: event: is not JSON',
        'Nothing was sent.',
        '',
      ].join('\n'),
    });
    expect(await received()).toEqual([]);
  });

  it('names standard input in messages', async () => {
    const input = [snapshotEvent(1), { jobId: 'x' }].map((one) => JSON.stringify(one)).join('\n');
    expect(await publish(['-'], { input })).toMatchObject({
      code: 1,
      stderr: 'standard input:2: revision: is needed where there is no occurred_at\nNothing was sent.\n',
    });
  });

  it('shows progress on a large file, and sends all of it', async () => {
    const lines = Array.from({ length: 1200 }, (_, index) =>
      JSON.stringify(snapshotEvent(1, {}, `job-${index}`)),
    );
    const { code, stdout, stderr } = await publish([await file('large.ndjson', lines.join('\n'))]);
    expect([code, stdout]).toEqual([
      0,
      `Sent 1200 events of 1200 jobs to the queue job-events on 127.0.0.1:${port}.\n`,
    ]);
    expect(stderr).toBe('1200 of 1200 events, 100 %\n');
    expect(await received()).toHaveLength(1200);
  });

  it('sends large events in as many calls as they need', async () => {
    const large = Array.from({ length: 5 }, (_, index) =>
      snapshotEvent(1, { config: 'x'.repeat(400_000) }, `job-${index}`),
    );
    expect(await publish([await file('big.json', JSON.stringify(large))])).toMatchObject({ code: 0 });
    expect(await received()).toHaveLength(5);
  });

  it('says that the queue, a file, an argument or the events are missing', async () => {
    const nowhere = String(await freePort());
    const one = await file('one.json', JSON.stringify(snapshotEvent(1)));
    expect(await publish([one], { env: { SQS_PORT: nowhere } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `cannot be reached on port ${nowhere}: is \`npm start\` running?`,
      ) as unknown,
    });
    expect(await publish(['no-such.json'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no such file') as unknown,
    });
    expect(await publish([])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Usage:') as unknown,
    });
    expect(await publish(['--what'])).toMatchObject({ code: 2 });
    expect(await publish(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage:') as unknown,
    });
    expect(await publish(['-'])).toMatchObject({ code: 1, stderr: 'The input has no events.\n' });
  });
});
