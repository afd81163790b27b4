/**
 * Secrets go in, by every kind of event and every trick of writing, and are nowhere afterwards: not in the table, the
 * answers of any protocol, the logs, or what the dead-letter tool prints.
 */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diagnose } from '../../infra/commands/dead-letters.ts';
import { readDeployment } from '../../infra/local/deployment.ts';
import { freePort } from '../../infra/local/ports.ts';
import { startQueues, type RunningQueues } from '../../infra/local/queue.ts';
import { openDoor } from '../../lib/auth/none.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../../lib/telemetry/metrics.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { runCommand } from '../support/commands.ts';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { enveloped, jobEvent, snapshotEvent } from '../support/events.ts';
import {
  functionEnvironment,
  httpEvent,
  importHandlers,
  sqsEvent,
  type Handlers,
} from '../support/functions.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { encodeJobId, getPath, grpcMessage } from '../support/http2-frames.ts';
import { jobDesc } from '../support/job-descriptors.ts';
import { rawGrpcCall } from '../support/raw-grpc.ts';

/** How many random jobs are sent, each in all ways. */
const runs = Number(process.env['SECRET_RUNS'] ?? 25);

/** Is in every secret, however it is written, and in nothing else. */
const marker = 'mArK3r';
const password = `p@ss "it's" ${marker} \\ ö/%`;
const variable = `value of ${marker}, a variable`;

type Json = Record<string, unknown>;

const inUrl = (secret: string): string =>
  `https://user:${encodeURIComponent(secret)}@pypi.example.org/simple`;

/** A job into which secrets are put, and copies of them wherever a job has text. */
function withSecrets(job: Json): Json {
  const parameters = (job['jobParameters'] ?? {}) as Json;
  const env = (parameters['env'] ?? {}) as Json;
  const pythonEnv = (env['pythonEnv'] ?? {}) as Json;
  return {
    ...job,
    // Each event says its own.
    id: undefined,
    desc: `token ${variable}`,
    statusDetails: `could not log in with ${password}`,
    config: [
      `password: ${password}`,
      `password: ${JSON.stringify(password)}`,
      `password: '${password.replaceAll("'", "''")}'`,
      `vars: {TOKEN: ${JSON.stringify(variable)}, URL: ${inUrl(variable)}}`,
    ].join('\n'),
    outputFiles: [{ desc: { path: `out/${variable}`, var: variable }, sha256: password }],
    jobParameters: {
      ...parameters,
      cmd: `run --token='${variable}' --password ${password}`,
      arguments: [
        { name: 'password', value: password },
        { name: variable, value: 'x' },
      ],
      env: {
        ...env,
        // The other arm of the oneof.
        dockerImageResourceId: undefined,
        vars: { TOKEN: variable, [password]: password, SHORT: '1' },
        dockerImageSpec: { imageUrl: 'registry.example.org/i', username: 'u', passwordPlainText: password },
        pythonEnv: {
          ...pythonEnv,
          condaYaml: `- --index-url ${inUrl(password)}`,
          pipOptions: { indexUrl: inUrl(password), extraIndexUrls: [inUrl(variable)] },
        },
      },
    },
  };
}

const secretiveJob = arbitraryJob({ plain: true }).map((bytes) =>
  withSecrets(toJson(jobDesc, fromBinary(jobDesc, bytes)) as Json),
);

/** Puts raw JSON where `RAW` stands as a member's value. */
const withRaw = (event: unknown, raw: string): string => JSON.stringify(event).replace('"RAW"', raw);

/** The ways in which the events of one job can be written that are applied, one job id a way. */
function goodEvents(job: Json, prefix: string): readonly unknown[] {
  const id = (way: string): string => `${prefix}-${way}`;
  const snapshot = (way: string, more: Json = {}): Json =>
    jobEvent({ jobId: id(way), revision: 2, snapshot: { ...job, id: id(way), projectId: 'p1', ...more } });
  const secret = JSON.stringify(password);
  /** With another environment, and without the copies of variables that are then in no event. */
  const withEnvironment = (way: string, env: unknown): Json =>
    snapshot(way, {
      desc: `password: ${password}`,
      config: inUrl(password),
      outputFiles: [],
      jobParameters: { env },
    });
  return [
    snapshot('plain'),
    // Twice, and late.
    snapshot('plain'),
    { ...snapshot('plain'), revision: '1' },
    enveloped(snapshot('enveloped')),
    jobEvent({ jobId: id('plain'), revision: 3, patch: { job: { ...job, id: id('plain') } } }),
    jobEvent({ jobId: id('patch'), revision: 1, patch: { job, updateMask: 'config,desc' } }),
    withRaw(
      withEnvironment('twice', { dockerImageSpec: 'RAW' }),
      `{"passwordPlainText":${secret},"passwordPlainText":"another-one"}`,
    ),
    withRaw(
      withEnvironment('split', 'RAW'),
      `{"dockerImageSpec":{"passwordPlainText":${secret}},"dockerImageSpec":{"username":"u"}}`,
    ),
    withRaw(
      withEnvironment('unknown', 'RAW'),
      `{"dockerImageSpecV2":{"password_plain_text" : ${secret}, "kind":7}}`,
    ),
    withRaw(
      withEnvironment('escaped', { dockerImageSpec: 'RAW' }),
      `{"\\u0070assword_plain_text":${secret}}`,
    ),
    { ...snapshot('id'), eventId: password, extra: { [password]: password } },
  ];
}

/** Events that fail, each with a secret where it goes wrong or near it. */
function badEvents(job: Json, prefix: string): readonly unknown[] {
  const jobId = `${prefix}-bad`;
  const snapshot = (more: Json): Json =>
    jobEvent({ jobId, revision: 2, snapshot: { ...job, id: jobId, projectId: 'p1', ...more } });
  const parameters = job['jobParameters'] as Json;
  return [
    `not JSON: ${password}`,
    `{"jobId":"${jobId}","snapshot":{"config":${JSON.stringify(password)}`,
    snapshot({ status: password }),
    snapshot({ createdAt: password }),
    snapshot({ dataSizeBytes: password }),
    snapshot({ dataCleared: password }),
    snapshot({ outputFiles: password }),
    snapshot({ jobParameters: password }),
    snapshot({ jobParameters: { ...parameters, env: { vars: { [password]: { [password]: password } } } } }),
    snapshot({
      jobParameters: { ...parameters, env: { dockerImageSpec: { passwordPlainText: [password] } } },
    }),
    snapshot({ id: `${jobId}-${marker}` }),
    { ...snapshot({}), jobId: password },
    { ...snapshot({}), revision: password },
    { ...snapshot({}), occurredAt: password },
    { ...snapshot({}), patch: { job } },
    jobEvent({ jobId, revision: 2, patch: { job, updateMask: password } }),
    jobEvent({ jobId, revision: 2, changed: {}, config: password }),
    jobEvent({ jobId, revision: 2, [password]: password }),
    snapshot({ config: password.repeat(40_000) }),
    enveloped(password),
  ];
}

describe('a secret', () => {
  let engine: Engine;
  let table: TestTable;
  let functions: Handlers;
  let grpc: RunningGrpc;
  const logged: string[] = [];

  beforeAll(async () => {
    engine = await startDynalite();
    table = await createTable(engine.endpoint);
    console.log = (...line: readonly unknown[]): void => void logged.push(line.join(' '));
    functions = await importHandlers({
      ...functionEnvironment(engine.endpoint, table.table),
      LOG_LEVEL: 'debug',
      REDACT_ENV_VALUES: 'true',
    });
    grpc = await startGrpcService({
      store: createDynamoDbJobReader(table),
      authenticator: openDoor,
      log: createLog('debug', console.log, createEmbedMetrics('test', 'grpc')),
    });
  });
  afterAll(async () => {
    await grpc.stop();
    table.client.destroy();
    await engine.stop();
  });

  /** Everything in the table, as it is and as it reads. */
  const dump = async (): Promise<string> => {
    const items = await table.items();
    const raw = items.map((item) =>
      JSON.stringify(item, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      ),
    );
    const reader = createDynamoDbJobReader(table);
    const ids = new Set(items.map((item) => (item['job_id'] as { readonly S: string }).S));
    const documents: string[] = [];
    for (const id of ids) {
      const stored = await reader.get(id, { consistent: true, deadline: new Deadline(10_000) });
      if (stored !== undefined && !stored.document.deleted)
        documents.push(Buffer.from(stored.document.job).toString('latin1'));
    }
    expect(documents.length).toBeGreaterThan(0);
    return [...raw, ...documents].join('\n');
  };

  const answersFor = async (id: string): Promise<string> => {
    const answers = [
      await functions.get(httpEvent('GET', `/datasphere/v2/jobs/${id}`)),
      await functions.get(httpEvent('GET', `/datasphere/v2/jobs/${id}?fields=config,jobParameters.env`)),
      await functions.get({
        ...httpEvent('POST', getPath, { 'content-type': 'application/proto' }),
        body: Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id)]).toString('base64'),
        isBase64Encoded: true,
      }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    const native = await rawGrpcCall(grpc.port, grpcMessage(encodeJobId(id)));
    expect(native.status).toBe('0');
    return answers
      .map(
        ({ body = '', isBase64Encoded, headers }) =>
          JSON.stringify(headers) +
          Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8').toString('latin1'),
      )
      .concat(JSON.stringify([native.headers, native.trailers]), native.body.toString('latin1'))
      .join('\n');
  };

  /** What is refused is logged too. */
  const refusedOverGrpc = async (prefix: string): Promise<void> => {
    const { headers, trailers, body } = await rawGrpcCall(
      grpc.port,
      grpcMessage(encodeJobId(`${prefix}-bad`)),
      {
        authorization: `Bearer ${marker}`,
      },
    );
    expect(headers['grpc-status']).toBe('5');
    const details = Buffer.from(String(headers['grpc-status-details-bin']), 'base64').toString('latin1');
    expect(JSON.stringify([headers, details, trailers, body.toString('latin1')])).not.toContain(marker);
  };

  it('is nowhere after random jobs came in all ways, good and bad', async () => {
    let run = 0;
    const sent: string[] = [];
    await fc.assert(
      fc.asyncProperty(secretiveJob, async (job) => {
        const prefix = `run-${run++}`;
        const asText = (event: unknown): string =>
          typeof event === 'string' ? event : JSON.stringify(event);
        const good = goodEvents(job, prefix).map(asText);
        const bad = badEvents(job, prefix).map(asText);
        for (const body of [...good, ...bad]) expect(body).toContain(marker);
        sent.push(...good, ...bad);
        // What the patch that came first can be seen with.
        const whole = snapshotEvent(1, {}, `${prefix}-patch`);
        expect(await functions.sync(sqsEvent(...good, whole))).toEqual({ batchItemFailures: [] });
        expect((await functions.sync(sqsEvent(...bad))).batchItemFailures).toHaveLength(bad.length);
        await refusedOverGrpc(prefix);
        for (const way of ['plain', 'enveloped', 'patch', 'twice', 'split', 'unknown', 'escaped', 'id'])
          expect([way, (await answersFor(`${prefix}-${way}`)).includes(marker)]).toEqual([way, false]);
      }),
      { numRuns: runs },
    );
    expect(await dump()).not.toContain(marker);
    expect(logged.length).toBeGreaterThan(runs);
    expect(logged.join('\n')).not.toContain(marker);
    for (const body of sent) {
      const { event, reason } = diagnose(body);
      const job = event === undefined || event.news === 'changed' || event.news.deleted ? [] : event.news.job;
      const told = [reason, event?.eventId, event?.jobId, Buffer.from(job).toString('latin1')].join('\n');
      expect(told).not.toContain(marker);
    }
  }, 120_000);

  it('is not printed by the dead-letter tool', async () => {
    const port = await freePort();
    const queues: RunningQueues = await startQueues(await readDeployment(), port);
    try {
      const job = withSecrets({});
      const QueueUrl = queues.urls.get('JobEventsDeadLetters')!;
      const ids: string[] = [];
      const [good] = goodEvents(job, 'parked');
      for (const event of [
        good,
        ...badEvents(job, 'parked').filter((one) => JSON.stringify(one).length < 500_000),
      ]) {
        const MessageBody = typeof event === 'string' ? event : JSON.stringify(event);
        ids.push((await queues.client.send(new SendMessageCommand({ QueueUrl, MessageBody }))).MessageId!);
      }
      const dlq = (...args: readonly string[]) =>
        runCommand('dlq', args, { env: { SQS_PORT: String(port) } });
      const outputs = [await dlq('list'), await dlq('show', ids[0]!), await dlq('show', ids[1]!)];
      expect(outputs[0]!.stdout).toContain(`${ids.length} dead letters`);
      expect(outputs[1]!.stdout).toContain('[redacted]');
      for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(marker);
      expect((await dlq('show', ids[0]!, '--raw')).stdout).toContain(marker);
    } finally {
      await queues.stop();
    }
  }, 60_000);
});
