/**
 * Native gRPC shares one read of a job among all who ask for it. Whoever may not read the job must not notice that others
 * can: neither in what is answered, nor in the time it takes, though they ask for it all the time.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Authenticator } from '../../lib/auth/authenticator.ts';
import { openDoor } from '../../lib/auth/none.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { jobBytes } from '../support/documents.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { encodeJobId, grpcMessage } from '../support/http2-frames.ts';
import { openRawGrpc, type RawAnswer, type RawGrpcConnection } from '../support/raw-grpc.ts';
import { rankTest, untilToldApart, type Samples } from '../support/rank-test.ts';
import { p1Reader, startService, type TestService } from '../support/service.ts';

/** How many answers are timed; more of them see smaller differences. */
const samples = Number(process.env['ORACLE_SAMPLES'] ?? 2000);
const oneInAMillion = 1e-6;
/** What a difference that is there must come to, also on a machine that does much else. */
const oneInAThousand = 1e-3;
/** Of one length, as their answers name them. */
const [hiddenId, hiddenLargeId, absentId] = ['a-hidden-job', 'a-hidden-big', 'an-absent-id'];
const stranger = { authorization: 'Bearer good', 'x-request-id': 'the-same' };
const owner = { authorization: 'Bearer owner' };

const ownerReadsAll: Authenticator = {
  authenticate: (credentials, deadline) =>
    (credentials.authorization === owner.authorization ? openDoor : p1Reader).authenticate(
      credentials,
      deadline,
    ),
};

let service: TestService;
beforeAll(async () => {
  service = await startService();
  const config = randomBytes(16_000).toString('hex');
  await service.write(
    hiddenId,
    snapshotDocument(jobBytes({ id: hiddenId, projectId: 'p2', config, status: 2 }), 7n),
  );
  await service.write(
    hiddenLargeId,
    snapshotDocument(
      jobBytes({ id: hiddenLargeId, projectId: 'p2', config: randomBytes(300_000).toString('hex') }),
      7n,
    ),
  );
});
afterAll(() => service.stop());

let server: RunningGrpc;
let connection: RawGrpcConnection;
/** What the owner does, until it is stopped: how many answers there were. */
let polling: Polling | undefined;
afterEach(async () => {
  await polling?.stop();
  polling = undefined;
  service.proxy.decide = () => 'forward';
  connection.close();
  await server.stop();
});

async function start(more: { readonly notFoundAfterMs?: number } = {}): Promise<void> {
  server = await startGrpcService({ ...service.parts, authenticator: ownerReadsAll, ...more });
  connection = openRawGrpc(server.port);
}

const ask = (id: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> =>
  connection.call(grpcMessage(encodeJobId(id)), { ...stranger, ...headers });

interface Polling {
  readonly answers: () => number;
  readonly stop: () => Promise<void>;
}

/** Four callers who may read the job ask for it again and again. */
async function poll(id: string): Promise<Polling> {
  const connections = [1, 2, 3, 4].map(() => openRawGrpc(server.port));
  const message = grpcMessage(encodeJobId(id));
  let answers = 0;
  let stopped = false;
  const askAgain = async (own: RawGrpcConnection): Promise<void> => {
    while (!stopped) {
      const { status } = await own.call(message, owner);
      if (status !== '0') throw new Error(`the owner was answered with ${status}`);
      answers++;
      await sleep(2);
    }
  };
  const lanes = Promise.all(connections.map(askAgain));
  const endMs = performance.now() + 10_000;
  while (answers < 20 && performance.now() < endMs) await Promise.race([lanes, sleep(5)]);
  expect(answers).toBeGreaterThanOrEqual(20);
  return {
    answers: () => answers,
    stop: async () => {
      stopped = true;
      await lanes;
      for (const own of connections) own.close();
    },
  };
}

const metadata: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'x-min-revision': '7' },
  { 'x-min-revision': '9' },
  { 'x-consistent-read': 'true' },
  { 'x-field-mask': 'status' },
  { 'grpc-timeout': '5S' },
];
/** One for each, and another where a revision is asked for. */
const strangersReads = metadata.length + 2;
const rounds = 5;

const isHeadOf = ({ Key }: Readonly<Record<string, unknown>>, id: string): boolean =>
  JSON.stringify(Key) === JSON.stringify({ job_id: { S: id }, part: { S: 'head' } });

describe('an answer about a job that others read all the time', () => {
  it.each([hiddenId, hiddenLargeId])('is that for one that is not there, byte for byte: %s', async (id) => {
    await start();
    polling = await poll(id);
    service.proxy.calls.length = 0;
    const before = polling.answers();
    const comparable = async (asked: string): Promise<unknown> => {
      const answers = await Promise.all(metadata.map((more) => ask(asked, more)));
      return answers.map(({ headers: { date, 'grpc-status-details-bin': details, ...headers }, ...rest }) => {
        expect(date).toBeDefined();
        const decoded = Buffer.from(String(details), 'base64').toString('latin1');
        expect(decoded).toContain(asked);
        return JSON.stringify({ headers, decoded, ...rest }).replaceAll(asked, absentId);
      });
    };
    for (let round = 0; round < rounds; round++)
      expect(await comparable(id)).toEqual(await comparable(absentId));
    // What the owners asked for they did not read each time: it was shared, in front of the stranger's eyes.
    const answered = polling.answers() - before;
    const heads = service.proxy.calls.filter(({ body }) => isHeadOf(body, id)).length;
    expect(heads - strangersReads * rounds).toBeLessThan(answered);
  });
});

/** Times answers for the hidden job and for others that nobody has asked for, in random order; `lanes` of them at the same time. */
async function timeAnswers(count: number, lanes: number, extraMs = 0): Promise<Samples> {
  const times = { hidden: [] as number[], absent: [] as number[] };
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const kind = randomInt(2) === 0 ? 'hidden' : 'absent';
      const startMs = performance.now();
      const { status } = await ask(kind === 'hidden' ? hiddenId : `absent-${randomBytes(4).toString('hex')}`);
      if (kind === 'hidden' && extraMs > 0) await sleep(extraMs);
      times[kind].push(performance.now() - startMs);
      expect(status).toBe('5');
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return times;
}

const probability = ({ hidden, absent }: Samples): number => rankTest(hidden, absent);

describe('the time of an answer about a job that others read all the time', () => {
  it('is that for one that is not there', async () => {
    await start();
    polling = await poll(hiddenId);
    expect(probability(await timeAnswers(samples, 16))).toBeGreaterThan(oneInAMillion);
  }, 300_000);

  it('is so too where the table is slow, and a read is under way most of the time', async () => {
    await start();
    service.proxy.decide = () => sleep(40, 'forward' as const);
    polling = await poll(hiddenId);
    expect(probability(await timeAnswers(samples, 16))).toBeGreaterThan(oneInAMillion);
  }, 300_000);

  it('would be another if NOT_FOUND came as soon as it is known', async () => {
    await start({ notFoundAfterMs: 0 });
    polling = await poll(hiddenId);
    const seen = { most: samples, level: oneInAThousand };
    expect(await untilToldApart((count) => timeAnswers(count, 1), seen)).toBeLessThan(oneInAThousand);
  }, 120_000);

  it('would be seen to be another if it took two milliseconds more', async () => {
    await start();
    polling = await poll(hiddenId);
    const seen = { most: 1000, level: oneInAThousand };
    expect(await untilToldApart((count) => timeAnswers(count, 8, 2), seen)).toBeLessThan(oneInAThousand);
  }, 120_000);
});
