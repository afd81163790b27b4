import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Session } from '@yandex-cloud/nodejs-sdk';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import { localAws } from '../../infra/local/credentials.ts';
import { assertPortsFree } from '../../infra/local/ports.ts';
import { makeCertificate } from '../support/certificates.ts';
import { snapshotEvent } from '../support/events.ts';
import { grpcJsClient } from '../support/rpc-clients.ts';
import {
  eventually,
  freePorts,
  killRunningStacks,
  projectRoot,
  spawnStack,
  untilGone,
  untilReady,
  type LocalStack,
} from '../support/local-stack.ts';

afterAll(killRunningStacks);

const run = promisify(execFile);
const sampleId = 'bt1train0resnet50abc';

describe('npm start', () => {
  let stack: LocalStack;
  let url: string;
  let sqs: SQSClient;

  beforeAll(async () => {
    stack = spawnStack(await freePorts());
    url = `http://127.0.0.1:${stack.ports.HTTP_PORT}`;
    sqs = new SQSClient({ ...localAws, endpoint: `http://127.0.0.1:${stack.ports.SQS_PORT}` });
    await untilReady(stack);
  }, 90_000);
  afterAll(async () => {
    sqs.destroy();
    if (stack.process.exitCode === null) process.kill(-stack.process.pid!, 'SIGKILL');
    await stack.exited;
  });

  const get = async (id: string, query = ''): Promise<unknown> => {
    const response = await fetch(`${url}/datasphere/v2/jobs/${id}${query}`, {
      signal: AbortSignal.timeout(10_000),
    });
    return response.status === 200 ? await response.json() : response.status;
  };
  const publish = async (...bodies: readonly unknown[]): Promise<void> => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'job-events' }));
    for (const body of bodies) {
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
  };
  const whenReadable = (id: string) =>
    eventually(`reading ${id}`, stack, async () => {
      const job = await get(id);
      return typeof job === 'number' ? undefined : job;
    });

  it('has all samples when it says that it is ready, and shows what to try', async () => {
    const names = ['python-training', 'spark-report', 'failed-upload', 'cancelled', 'private-image'];
    for (const name of names) {
      const text = readFileSync(join(projectRoot, 'infra/local/samples', `${name}.json`), 'utf8');
      const { jobId } = JSON.parse(text) as { jobId: string };
      expect(await get(jobId)).toMatchObject({ id: jobId });
    }
    expect(await get('bt1tiles0manyfiles00')).toMatchObject({ outputFiles: { length: 4000 } });
    expect(stack.output()).toContain(`curl ${url}/datasphere/v2/jobs/${sampleId}`);
  });

  it('gives the same job over REST, native gRPC, gRPC-Web and Connect', async () => {
    const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
    const path = 'yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
    const curl = async (flags: readonly string[], base: string): Promise<unknown> => {
      const args = [buf, 'curl', ...flags, '-d', JSON.stringify({ jobId: sampleId }), `${base}/${path}`];
      return JSON.parse((await run(process.execPath, args, { cwd: projectRoot, timeout: 20_000 })).stdout);
    };
    const rest = await get(sampleId);
    const grpcUrl = `http://127.0.0.1:${stack.ports.GRPC_PORT}`;
    expect(await curl(['--protocol', 'grpc', '--http2-prior-knowledge'], grpcUrl)).toEqual(rest);
    expect(await curl(['--schema', 'proto', '--protocol', 'grpcweb'], url)).toEqual(rest);
    expect(await curl(['--schema', 'proto', '--protocol', 'connect'], url)).toEqual(rest);
  });

  it('answers errors through its gateway for any path', async () => {
    const status = async (path: string): Promise<unknown> => {
      const response = await fetch(url + path);
      return [response.status, ((await response.json()) as { code: number }).code];
    };
    expect(await status('/datasphere/v2/jobs/nope')).toEqual([404, 5]);
    expect(await status('/datasphere/v2/jobs/a%2Fb')).toEqual([400, 3]);
    expect(await status('/datasphere/v2/jobs/a/b')).toEqual([400, 3]);
    expect(await status('/datasphere/v2/jobs/%00')).toEqual([400, 3]);
    expect(await status('/')).toEqual([404, 5]);
  });

  it('shows how the demo job changes', async () => {
    const seen = new Set<string>();
    await eventually('SUCCESS', stack, async () => {
      const { status } = (await get('bt1demo0moving0job00', '?fields=status')) as { status: string };
      seen.add(status);
      return status === 'SUCCESS' ? true : undefined;
    });
    expect([...seen].at(-1)).toBe('SUCCESS');
    expect(seen.size).toBeGreaterThan(1);
  });

  it('takes a published event through the queue to an answer of native gRPC', async () => {
    await publish(snapshotEvent(1, { name: 'published' }, 'published-job'));
    await whenReadable('published-job');
    const client = grpcJsClient(`127.0.0.1:${stack.ports.GRPC_PORT}`);
    expect(await client.get('published-job')).toMatchObject({ job: { name: 'published' } });
    client.close?.();
  });

  it('applies the neighbours of a message that cannot be read, which becomes a dead letter', async () => {
    await publish(
      'poison',
      snapshotEvent(1, {}, 'neighbour-1'),
      '{"jobId":"x"}',
      snapshotEvent(1, {}, 'neighbour-2'),
    );
    await whenReadable('neighbour-1');
    await whenReadable('neighbour-2');
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'job-events-dead-letters' }));
    const bodies: string[] = [];
    await eventually('two dead letters', stack, async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      bodies.push(...Messages.map(({ Body }) => Body!));
      return bodies.length === 2 ? true : undefined;
    });
    expect(bodies.sort()).toEqual(['poison', '{"jobId":"x"}'].sort());
  }, 60_000);

  it('does not start twice on one port, and names the variable that changes the port', async () => {
    const ports = { ...(await freePorts()), SQS_PORT: stack.ports.SQS_PORT };
    const second = spawnStack(ports);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(
      `port ${ports.SQS_PORT} is in use: stop what listens there, or set SQS_PORT to a free port`,
    );
  });

  it('stops all its processes on Ctrl-C', async () => {
    process.kill(-stack.process.pid!, 'SIGINT');
    expect(await Promise.race([stack.exited, delay(15_000, 'still running', { ref: false })])).toBe(0);
    const { HTTP_PORT, GRPC_PORT, SQS_PORT, DYNAMODB_PORT } = stack.ports;
    await assertPortsFree({ http: +HTTP_PORT, grpc: +GRPC_PORT, sqs: +SQS_PORT, dynamodb: +DYNAMODB_PORT });
    await untilGone(stack);
  });
});

describe('npm start with a certificate', () => {
  it('serves the official client over TLS', async () => {
    // A job without a duration: for durations the JSON of the client is not canonical.
    const jobId = 'bt1failed0noartifact';
    const certificate = await makeCertificate();
    const tls = { GRPC_TLS_CERT: certificate.certFile, GRPC_TLS_KEY: certificate.keyFile };
    const stack = spawnStack(await freePorts(), { ...tls, DEMO: '0' });
    await untilReady(stack);
    const { GetProjectJobRequest, ProjectJobServiceClient } = sdk.projectJobService;
    const client = new Session({ iamToken: 't', ssl: { rootCerts: Buffer.from(certificate.pem) } }).client(
      ProjectJobServiceClient,
      `localhost:${stack.ports.GRPC_PORT}`,
    );
    const job = await client.get(GetProjectJobRequest.fromPartial({ jobId }));
    const rest = await fetch(`http://127.0.0.1:${stack.ports.HTTP_PORT}/datasphere/v2/jobs/${jobId}`);
    expect(sdk.jobs.Job.toJSON(job)).toEqual(sdk.jobs.Job.toJSON(sdk.jobs.Job.fromJSON(await rest.json())));
    await expect(client.get(GetProjectJobRequest.fromPartial({ jobId: 'nope' }))).rejects.toMatchObject({
      name: 'ClientError',
      code: 5,
    });
    process.kill(stack.process.pid!, 'SIGTERM');
    expect(await stack.exited).toBe(0);
    await untilGone(stack);
    await certificate.remove();
  }, 60_000);
});

describe('npm start, badly set up', () => {
  it.each([
    [{ HTTP_PORT: 'web' }, 'HTTP_PORT is "web": it must be a port from 1 to 65535'],
    [{ HTTP_PORT: '4000', GRPC_PORT: '4000' }, 'HTTP_PORT and GRPC_PORT are both 4000'],
  ])('names what is wrong with %j', async (wrong, message) => {
    const stack = spawnStack(await freePorts(), wrong);
    expect(await stack.exited).toBe(1);
    expect(stack.output()).toContain(message);
  });

  it('stops what it started if a process cannot start, and on SIGTERM', async () => {
    const ports = await freePorts();
    const stack = spawnStack(ports, { GRPC_TLS_CERT: '/no/such.pem', GRPC_TLS_KEY: '/no/such.pem' });
    expect(await stack.exited).toBe(1);
    expect(stack.output()).toContain("no such file or directory, open '/no/such.pem'");
    await untilGone(stack);
    const probe = createServer().listen(Number(ports.DYNAMODB_PORT), '127.0.0.1');
    await new Promise((resolve, reject) => probe.once('listening', resolve).once('error', reject));
    probe.close();
  }, 60_000);
});
