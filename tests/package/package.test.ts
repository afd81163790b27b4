import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { APIGatewayProxyStructuredResultV2, SQSBatchResponse } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTable, startDynalite, type Engine, type TestTable } from '../support/dynamodb.ts';
import { patchEvent, snapshotEvent } from '../support/events.ts';
import { functionEnvironment, httpEvent, sqsEvent, upstreamEnvironment } from '../support/functions.ts';
import { projectRoot } from '../support/local-stack.ts';
import { readTemplate } from '../support/serverless-cli.ts';
import { everySetting } from '../support/every-setting.ts';
import { packageVariant } from '../support/template-variants.ts';
import { unzip } from '../support/unzip.ts';
import { startUpstream } from '../../infra/upstream-stand-in/upstream.ts';

/** What NODE_V8_COVERAGE has Node write. */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly {
        readonly startOffset: number;
        readonly endOffset: number;
        readonly count: number;
      }[];
    }[];
  }[];
}

describe('serverless package', () => {
  let packaged: string;
  let folder: string;
  let engine: Engine;
  let table: TestTable;
  const files: Record<string, readonly string[]> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-test-'));
    packaged = await packageVariant('a stage that is fed by upstream, with keys');
    for (const name of ['get', 'sync', 'refresh']) {
      files[name] = await unzip(join(packaged, `${name}.zip`), join(folder, name));
    }
    await copyFile(join(projectRoot, 'tests/support/packaged-runner.mjs'), join(folder, 'runner.mjs'));
    engine = await startDynalite();
    table = await createTable(engine.endpoint);
  }, 90_000);
  afterAll(async () => {
    table.client.destroy();
    await engine.stop();
    await rm(folder, { recursive: true });
  });

  interface Run<T> {
    readonly answers: readonly T[];
    readonly stderr: string;
    readonly code: number | null;
  }

  /** Runs the packaged handler in a folder that has nothing else, and hands it events. */
  const runPackaged = <T>(
    name: string,
    events: readonly unknown[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Run<T>> =>
    new Promise((resolve) => {
      const handler = pathToFileURL(join(folder, name, 'functions/aws', `${name}.mjs`)).href;
      const child = spawn(process.execPath, [join(folder, 'runner.mjs'), handler], {
        cwd: folder,
        env: { ...functionEnvironment(engine.endpoint, table.table), ...env },
        timeout: 25_000,
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.on('close', (code) => {
        const lines = stdout.split('\n').filter((line) => line.startsWith('answer '));
        resolve({
          answers: lines.map((line) => JSON.parse(line.slice('answer '.length)) as T),
          stderr,
          code,
        });
      });
      child.stdin.end(events.map((event) => JSON.stringify(event)).join('\n'));
    });

  /** Whether the code around a text runs when a packaged function starts, as V8's coverage tells. */
  const ranIn = async (
    name: string,
    text: string,
    env: Readonly<Record<string, string>>,
  ): Promise<boolean> => {
    const coverage = await mkdtemp(join(folder, 'coverage-'));
    await runPackaged(name, [], { ...env, NODE_V8_COVERAGE: coverage });
    const [report] = await readdir(coverage);
    const { result } = JSON.parse(await readFile(join(coverage, report!), 'utf8')) as Coverage;
    const bundle = result.find(({ url }) => url.endsWith(`functions/aws/${name}.mjs`))!;
    const position = (await readFile(join(folder, name, `functions/aws/${name}.mjs`), 'utf8')).indexOf(text);
    expect(position).toBeGreaterThan(0);
    const around = bundle.functions
      .flatMap(({ ranges }) => ranges)
      .filter(({ startOffset, endOffset }) => startOffset <= position && position < endOffset)
      .sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset));
    return around[0]!.count > 0;
  };

  it('makes one file a function, and one beside it for those that ask upstream', () => {
    const upstream = 'functions/aws/upstream.mjs';
    expect(files).toEqual({
      get: ['functions/aws/get.mjs', upstream],
      sync: ['functions/aws/sync.mjs', upstream],
      refresh: ['functions/aws/refresh.mjs', upstream],
    });
  });

  it('makes artifacts that work by themselves: events go in, jobs come out', async () => {
    const events = [
      sqsEvent(snapshotEvent(1, { name: 'packaged', status: 'EXECUTING' }), 'poison'),
      sqsEvent(patchEvent(2, { status: 'SUCCESS' })),
    ];
    const synced = await runPackaged<SQSBatchResponse>('sync', events);
    expect(synced).toMatchObject({
      code: 0,
      stderr: '',
      answers: [{ batchItemFailures: [{ itemIdentifier: 'm1' }] }, { batchItemFailures: [] }],
    });

    const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
    const rpc = (contentType: string, body: string | Buffer) => ({
      ...httpEvent('POST', path, { 'content-type': contentType }),
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    });
    const got = await runPackaged<APIGatewayProxyStructuredResultV2>('get', [
      httpEvent('GET', '/datasphere/v2/jobs/j1'),
      rpc('application/json', '{"jobId":"j1"}'),
      rpc('application/grpc-web+proto', Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, 0x6a, 0x31])),
      httpEvent('GET', '/datasphere/v2/jobs/nope'),
    ]);
    expect(got).toMatchObject({ code: 0, stderr: '' });
    const [rest, connect, grpcWeb, missing] = got.answers;
    const job = { id: 'j1', name: 'packaged', status: 'SUCCESS', projectId: 'p1' };
    expect(rest).toMatchObject({ statusCode: 200, headers: { 'x-job-revision': '2' } });
    expect(JSON.parse(rest!.body!)).toEqual(job);
    expect(JSON.parse(connect!.body!)).toEqual(job);
    expect(Buffer.from(grpcWeb!.body!, 'base64').toString('latin1')).toContain('grpc-status: 0');
    expect(missing).toMatchObject({ statusCode: 404 });
  });

  it('makes artifacts that read from upstream by themselves', async () => {
    const upstream = await startUpstream({ seed: 7, projects: ['p1'], clock: 'real' });
    // One round, and the run is over.
    const env = { ...upstreamEnvironment(upstream, ['p1']), REFRESH_SECONDS: '3600' };
    const [listed, noticed, missed] = ['p1', 'p1', 'p1'].map((project) => upstream.world.createJob(project));
    const read = async (jobId: string, readThrough: 'true' | 'false') => {
      const event = httpEvent('GET', `/datasphere/v2/jobs/${jobId}`);
      const run = await runPackaged<APIGatewayProxyStructuredResultV2>('get', [event], {
        ...env,
        READ_THROUGH: readThrough,
      });
      expect(run).toMatchObject({ code: 0, stderr: '' });
      return run.answers[0]!;
    };
    try {
      expect(await read(missed!, 'false')).toMatchObject({ statusCode: 404 });
      const through = await read(missed!, 'true');
      expect(through).toMatchObject({ statusCode: 200 });
      expect(JSON.parse(through.body!)).toMatchObject({ id: missed, projectId: 'p1' });

      const notice = { eventId: 'e', jobId: noticed, revision: '1', changed: {} };
      expect(await runPackaged('sync', [sqsEvent(notice)], env)).toMatchObject({
        code: 0,
        stderr: '',
        answers: [{ batchItemFailures: [] }],
      });
      expect(await read(noticed!, 'false')).toMatchObject({ statusCode: 200 });

      expect(await read(listed!, 'false')).toMatchObject({ statusCode: 404 });
      expect(await runPackaged('refresh', [{}], env)).toMatchObject({ code: 0, stderr: '' });
      expect(await read(listed!, 'false')).toMatchObject({ statusCode: 200 });
    } finally {
      await upstream.stop();
    }
  }, 60_000);

  it.each([
    ['get', 'AUTH_MODE'],
    ['get', 'JOB_TABLE'],
    ['sync', 'JOB_TABLE'],
    ['refresh', 'UPSTREAM_ENDPOINT'],
  ])('makes a %s that does not start without %s, and names it', async (name, variable) => {
    const { code, stderr } = await runPackaged(name, [], { [variable]: '' });
    expect(code).toBe(1);
    expect(stderr).toContain(`${variable} is not set`);
  });

  it('keeps writing, events and native gRPC out of get', async () => {
    const code = await readFile(join(folder, 'get/functions/aws/get.mjs'), 'utf8');
    // The one command that it sends, in the SDK's words.
    expect(code).toContain('"GetItem"');
    for (const name of [
      '"PutItem"',
      '"UpdateItem"',
      '"DeleteItem"',
      '"BatchWriteItem"',
      'JobEvent',
      'grpc-js',
      'http2Server',
    ]) {
      expect([name, code.includes(name)]).toEqual([name, false]);
    }
  });

  it.each([
    ['get', 175_000],
    ['sync', 290_000],
    ['refresh', 155_000],
  ])('keeps %s at or below %i bytes, and out of it what Lambda never runs', async (name, limit) => {
    const code = await readFile(join(folder, name, `functions/aws/${name}.mjs`));
    expect(code.length).toBeLessThanOrEqual(limit);
    for (const part of ['SSOOIDC', 'AssumeRoleWithWebIdentity', 'sso_start_url', 'HeaderMarshaller'])
      expect([part, code.includes(part)]).toEqual([part, false]);
  });

  it.each(['get', 'sync', 'refresh'])('keeps out of %s what the docs say of settings', async (name) => {
    const code = await readFile(join(folder, name, `functions/aws/${name}.mjs`), 'utf8');
    const found = Object.values(everySetting).filter(({ docs }) => code.includes(docs));
    expect(code).toContain('REDACT_ENV_VALUES');
    expect(found).toEqual([]);
  });

  it('keeps what asks upstream at or below 850,000 bytes, and unread until it is needed', async () => {
    const code = await readFile(join(folder, 'get/functions/aws/upstream.mjs'));
    expect(code.length).toBeLessThanOrEqual(850_000);
    expect(
      (await readFile(join(folder, 'get/functions/aws/get.mjs'), 'utf8')).match(/\.\/upstream\.mjs/g),
    ).toEqual(['./upstream.mjs']);
  });

  it('loads what checks tokens only where tokens are checked, and then before the first request', async () => {
    expect(await ranIn('get', 'ERR_JWKS_NO_MATCHING_KEY', {})).toBe(false);
    const jwt = {
      AUTH_MODE: 'jwt',
      JWT_ISSUER: 'https://i',
      JWT_AUDIENCE: 'a',
      JWT_JWKS_URI: 'https://i/keys',
    };
    expect(await ranIn('get', 'ERR_JWKS_NO_MATCHING_KEY', jwt)).toBe(true);
  });

  it('is closed by default: only signed requests reach the function', async () => {
    const template = await readTemplate(packaged);
    const resources = Object.values(template.Resources);
    const routes = resources.filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route');
    expect(routes.map(({ Properties }) => Properties!['AuthorizationType'])).toEqual(['AWS_IAM']);
    const get = template.Resources['GetLambdaFunction']!.Properties as {
      Environment: { Variables: object };
      Runtime: string;
    };
    expect(get.Environment.Variables).toMatchObject({ AUTH_MODE: 'iam' });
    expect(get.Runtime).toBe('nodejs24.x');
  });
});
