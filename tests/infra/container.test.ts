import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { freePort } from '../../infra/local/ports.ts';
import { buildByHand, type Image } from '../support/dockerfile.ts';
import type { Verdict } from '../support/dynamodb-proxy.ts';
import { functionEnvironment } from '../support/functions.ts';
import { projectRoot } from '../support/local-stack.ts';
import { grpcJsClient } from '../support/rpc-clients.ts';
import { jobIds, startService, storedJobs, type TestService } from '../support/service.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

const dockerfile = join(projectRoot, 'infra/container/Dockerfile');
const text = await readFile(dockerfile, 'utf8');

describe('infra/container/Dockerfile', () => {
  it('the Dockerfile passes its linter', () => {
    expect(validate(text, {}).map(({ message }) => message)).toEqual([]);
    expect(validate(text.replace('WORKDIR', 'WORKDIRR'), {})).not.toEqual([]);
  });

  it('the Dockerfile names versions of its images, has several stages, and does not run as root', () => {
    const stages = DockerfileParser.parse(text).getFROMs();
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage.getImageTag()).not.toMatch(/^(latest)?$/);
    const last = text.slice(text.lastIndexOf('\nFROM '));
    expect(last).toMatch(/\nUSER nonroot\n/);
    expect(last).toMatch(/\nHEALTHCHECK .* CMD \[/);
    expect(last).not.toMatch(/\nRUN /);
  });
});

describe('the container, its steps run by hand', () => {
  let folder: string;
  let image: Image;
  let service: TestService;
  let upstream: Upstream;
  let server: ChildProcess | undefined;
  let port: number;
  let output = '';

  /** Runs a command of the image as `docker run` would, on the loopback address only. */
  const inContainer = ([node, ...args]: readonly string[]) => {
    expect(node).toBe('/nodejs/bin/node');
    const env = {
      ...image.env,
      ...functionEnvironment(service.proxy.endpoint, service.table),
      READ_THROUGH: 'true',
      UPSTREAM_ENDPOINT: upstream.address,
      UPSTREAM_SERVICE_ACCOUNT_KEY: JSON.stringify(upstream.serviceAccountKey),
      UPSTREAM_IAM_ENDPOINT: upstream.iamUrl,
      UPSTREAM_PROJECTS: 'p1',
      GRPC_HOST: '127.0.0.1',
      GRPC_PORT: String(port),
    };
    return { node: process.execPath, args, options: { cwd: image.workdir, env, timeout: 30_000 } };
  };
  const isHealthy = async (): Promise<boolean> => {
    const { node, args, options } = inContainer(image.healthCheck);
    return promisify(execFile)(node, args, options).then(
      () => true,
      () => false,
    );
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'container-'));
    const everything = 'npm ci --ignore-scripts --no-audit --no-fund';
    const installed = { [everything]: join(projectRoot, 'node_modules') };
    [image, service, upstream, port] = await Promise.all([
      buildByHand({ context: projectRoot, dockerfile, folder, installed }),
      startService(),
      startUpstream({ seed: 7, projects: ['p1'], clock: 'real' }),
      freePort(),
    ]);
    const { node, args, options } = inContainer(image.command);
    const child = spawn(node, args, options);
    server = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }, 120_000);
  afterAll(async () => {
    server?.kill('SIGKILL');
    await upstream.stop();
    await service.stop();
    await rm(folder, { recursive: true });
  });

  it('the image holds only what runs', () => {
    expect(image.env['GRPC_HOST']).toBe('0.0.0.0');
    const has = (path: string): boolean => existsSync(join(image.workdir, path));
    for (const path of [
      'functions/grpc.ts',
      'lib/protocol/generated/file-descriptors.ts',
      'node_modules/@grpc/grpc-js',
    ])
      expect([path, has(path)]).toEqual([path, true]);
    for (const path of [
      'tests',
      'serverless.yml',
      'functions/aws/sync.ts',
      'node_modules/jest',
      'node_modules/serverless',
      '.npmrc',
    ])
      expect([path, has(path)]).toEqual([path, false]);
  });

  it('the container starts, is healthy, and answers Get', async () => {
    expect(output).toContain('gRPC is served');
    expect(await isHealthy()).toBe(true);
    const client = grpcJsClient(`127.0.0.1:${port}`);
    const result = await client.get(jobIds.plain);
    client.close?.();
    expect('bytes' in result && result.bytes).toEqual(Buffer.from(storedJobs[jobIds.plain]!));
  });

  it('the container reads a job from upstream that the table does not have', async () => {
    const jobId = upstream.world.createJob('p1');
    const client = grpcJsClient(`127.0.0.1:${port}`);
    const result = await client.get(jobId);
    expect('job' in result && result.job).toMatchObject({ id: jobId });
    client.close?.();
  });

  it('the container answers calls under way at SIGTERM, is unhealthy then, and stops in the time of ECS', async () => {
    let release: (verdict: Verdict) => void = () => undefined;
    const held = new Promise<Verdict>((resolve) => {
      release = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      service.proxy.decide = () => {
        resolve();
        return held;
      };
    });
    const client = grpcJsClient(`127.0.0.1:${port}`);
    // A new job, because a read of the one before may still be shared.
    const inFlight = client.get(jobIds.unknownFields);
    await asked;

    const stopped = once(server!, 'exit');
    const startMs = performance.now();
    server!.kill(image.stopSignal as NodeJS.Signals);
    // In this time the server would have ended if it did not wait.
    await sleep(500);
    expect(server!.exitCode).toBeNull();
    release('forward');
    const result = await inFlight;
    client.close?.();
    expect('bytes' in result && result.bytes).toEqual(Buffer.from(storedJobs[jobIds.unknownFields]!));
    expect(await stopped).toEqual([0, null]);
    expect(performance.now() - startMs).toBeLessThan(25_000);
    expect(await isHealthy()).toBe(false);
  });
});
