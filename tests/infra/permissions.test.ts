import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildApp } from 'fauxqs';
import { localAws } from '../../infra/local/credentials.ts';
import { pollQueue } from '../../infra/local/event-source-mapping.ts';
import { freePort } from '../../infra/local/ports.ts';
import type { Template } from '../template/template.ts';
import { openDoor } from '../../lib/auth/none.ts';
import { createDynamoDbJobReader } from '../../lib/dynamodb/job-reader.ts';
import { createTable, startDynalite, testClient } from '../support/dynamodb.ts';
import { startProxy, type Proxy } from '../support/dynamodb-proxy.ts';
import { deletedEvent, patchEvent, snapshotEvent } from '../support/events.ts';
import {
  functionEnvironment,
  httpEvent,
  importHandlers,
  sqsEvent,
  type Handlers,
} from '../support/functions.ts';
import { startGrpcService } from '../support/grpc-service.ts';
import { grpcJsClient } from '../support/rpc-clients.ts';
import { allowed, byLambda, callsOnTable, on, type PolicyDocument } from '../support/role-permissions.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { packageService, readTemplate } from '../support/serverless-cli.ts';

const queueArn = { 'Fn::GetAtt': ['JobEvents', 'Arn'] };
const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1a2b';

const roleArn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

describe('the roles', () => {
  let folder: string;
  let template: Template;
  let proxy: Proxy;
  let functions: Handlers;
  const stops: (() => unknown)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permissions-'));
    await packageService(folder, 'permissions', {
      auth: 'jwt',
      jwtIssuer: 'https://issuer.example',
      jwtAudience: 'jobs',
      jwtJwksUri: 'https://issuer.example/keys',
      kmsKey: keyArn,
      grpc: 'true',
      grpcImage: 'registry.example/jobs:1',
      grpcCertificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/abc',
      grpcVpc: 'vpc-1a',
      grpcSubnets: 'subnet-1a,subnet-2b',
    });
    template = await readTemplate(folder);
    const engine = await startDynalite();
    proxy = await startProxy(engine.endpoint);
    const table = await createTable(engine.endpoint);
    stops.push(
      () => rm(folder, { recursive: true }),
      engine.stop,
      proxy.stop,
      () => {
        table.client.destroy();
      },
    );
    functions = await importHandlers(functionEnvironment(proxy.endpoint, table.table));
  }, 60_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  /** The calls of the table during a run, as `action on resource`. */
  const tableActions = async (run: () => Promise<void>): Promise<readonly string[]> => {
    proxy.calls.length = 0;
    await run();
    expect(new Set(proxy.calls.map(({ body }) => body['TableName'])).size).toBe(1);
    return callsOnTable(proxy.calls);
  };

  /** More than fits in one item, even compressed. */
  const large = (): string => randomBytes(600_000).toString('base64');

  /** Everything that sync does to a table: snapshots and patches, documents in parts, deletions, redeliveries. */
  const writeJobs = async (): Promise<void> => {
    const redelivered = (event: unknown) => {
      const { Records } = sqsEvent(event);
      return {
        Records: Records.map((record) => ({
          ...record,
          attributes: { ...record.attributes, ApproximateReceiveCount: '2' },
        })),
      };
    };
    const batches = [
      sqsEvent(snapshotEvent(1, { name: 'a' }, 'small'), snapshotEvent(1, { config: large() }, 'large')),
      sqsEvent(
        patchEvent(2, { name: 'b' }, undefined, 'small'),
        snapshotEvent(2, { config: large() }, 'large'),
      ),
      sqsEvent(snapshotEvent(1, {}, 'small'), snapshotEvent(1, {}, 'gone'), deletedEvent(3, 'gone')),
      redelivered(patchEvent(4, { name: 'c' }, undefined, 'large')),
    ];
    for (const batch of batches) expect((await functions.sync(batch)).batchItemFailures).toEqual([]);
  };
  const readJobs = async (): Promise<void> => {
    for (const [id, status] of [
      ['small', 200],
      ['large', 200],
      ['gone', 404],
      ['nowhere', 404],
    ] as const) {
      const headers = { 'x-consistent-read': 'true', 'accept-encoding': 'gzip' };
      expect((await functions.get(httpEvent('GET', `/datasphere/v2/jobs/${id}`, headers))).statusCode).toBe(
        status,
      );
    }
  };

  it('each function has a role of its own', () => {
    const resources = Object.entries(template.Resources);
    const functions = resources.filter(([, { Type }]) => Type === 'AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(1);
    for (const [id, { Properties }] of functions)
      expect([id, Properties!['Role']]).toEqual([id, roleArn(id.replace(/LambdaFunction$/, 'Role'))]);
    expect(template.Resources['GrpcTask']!.Properties).toMatchObject({
      TaskRoleArn: roleArn('GrpcRole'),
      ExecutionRoleArn: roleArn('GrpcExecutionRole'),
    });
    const uses = JSON.stringify(resources.filter(([, { Type }]) => !Type.startsWith('AWS::IAM::')));
    // The role of CodeDeploy is of all deployment groups.
    const roles = resources.filter(([, { Type }]) => Type === 'AWS::IAM::Role').map(([id]) => id);
    for (const id of roles.filter((role) => role !== 'DeploymentsRole'))
      expect([id, uses.split(JSON.stringify(roleArn(id))).length - 1]).toEqual([id, 1]);
  });

  it('all permissions of the roles are in the template, without wildcards that allow more', () => {
    const policies: { readonly PolicyDocument: PolicyDocument }[] = [];
    const onEverything: string[] = [];
    for (const { Type, Properties = {} } of Object.values(template.Resources)) {
      if (Type === 'AWS::IAM::Role') {
        expect(Object.keys(Properties).sort()).toEqual(['AssumeRolePolicyDocument', 'Policies']);
        policies.push(...(Properties['Policies'] as typeof policies));
        const { Statement } = Properties['AssumeRolePolicyDocument'] as PolicyDocument;
        expect(Statement).toEqual([
          {
            Effect: 'Allow',
            Principal: { Service: expect.stringMatching(/^(lambda|ecs-tasks|codedeploy)\.amazonaws\.com$/) },
            Action: 'sts:AssumeRole',
          },
        ]);
      } else if (Type === 'AWS::IAM::Policy') policies.push(Properties as (typeof policies)[number]);
      else expect(Type).not.toMatch(/^AWS::IAM::/);
    }
    for (const { PolicyDocument: document } of policies)
      for (const statement of document.Statement) {
        const { Effect, Action, Resource, Condition, ...others } = statement;
        expect(others).toEqual({});
        expect([Effect, Resource === undefined]).toEqual(['Allow', false]);
        for (const action of [Action].flat()) expect(action).not.toContain('*');
        if (Resource === '*') onEverything.push(...[Action].flat());
        expect(Condition === undefined || Resource === keyArn).toBe(true);
      }
    // Actions that have no resource, and the image, which may be in any repository.
    expect(onEverything.sort()).toEqual([
      'cloudwatch:DescribeAlarms',
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:GetAuthorizationToken',
      'ecr:GetDownloadUrlForLayer',
    ]);
  });

  it('the role of sync lets it write jobs and take its messages, and nothing else', async () => {
    const onTable = await tableActions(writeJobs);
    const onQueue = await actionsOfMapping(functions);
    const logs = on({ 'Fn::GetAtt': ['SyncLogGroup', 'Arn'] }, byLambda.logs);
    const wanted = [
      ...onTable,
      ...on(queueArn, [...onQueue, ...byLambda.mapping]),
      ...on(keyArn, byLambda.key),
      ...logs,
    ];
    expect(allowed(template, 'SyncRole')).toEqual(wanted.sort());
  });

  it('the role of get lets it read jobs, and nothing else', async () => {
    const onTable = await tableActions(readJobs);
    const logs = on({ 'Fn::GetAtt': ['GetLogGroup', 'Arn'] }, byLambda.logs);
    expect(allowed(template, 'GetRole')).toEqual([...onTable, ...on(keyArn, byLambda.key), ...logs].sort());
  });

  it('the role of the gRPC server lets it read jobs, and nothing else', async () => {
    const onTable = await tableActions(async () => {
      const client = testClient(proxy.endpoint);
      const store = createDynamoDbJobReader({ client, table: process.env['JOB_TABLE']! });
      const server = await startGrpcService({ store, authenticator: openDoor, log: () => undefined });
      const caller = grpcJsClient(`127.0.0.1:${server.port}`);
      for (const id of ['small', 'large']) expect(await caller.get(id)).toMatchObject({ job: { id } });
      caller.close?.();
      await server.stop();
      client.destroy();
    });
    expect(allowed(template, 'GrpcRole')).toEqual([...onTable, ...on(keyArn, byLambda.key)].sort());
  });
});

/** The calls of an event source mapping, as actions of IAM. Calls for batches have the actions of single messages. */
async function actionsOfMapping({ sync }: Handlers): Promise<readonly string[]> {
  const port = await freePort();
  const app = buildApp({ logger: false, defaultRegion: localAws.region, host: `127.0.0.1:${port}` });
  await app.listen({ port, host: '127.0.0.1' });
  const engine = `http://127.0.0.1:${port}`;
  const setUp = new SQSClient({ ...localAws, endpoint: engine });
  const { QueueUrl } = await setUp.send(new CreateQueueCommand({ QueueName: 'job-events' }));
  await setUp.send(
    new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(snapshotEvent(9, {}, 'queued')) }),
  );

  const recording = await startRecordingProxy(engine);
  const client = new SQSClient({ ...localAws, endpoint: recording.endpoint });
  const stopping = new AbortController();
  const mapping = { client, queueUrl: QueueUrl!, batchSize: 10, windowMs: 0, partialFailures: true };
  const polling = pollQueue(
    {
      ...mapping,
      invoke: (event) => sync(event),
      say: (text) => {
        throw new Error(text);
      },
    },
    stopping.signal,
  );
  const deleted = (): boolean => recording.operations.has('DeleteMessageBatch');
  for (const giveUp = Date.now() + 10_000; Date.now() < giveUp && !deleted();)
    await new Promise((resolve) => setTimeout(resolve, 20));
  stopping.abort();
  await polling;
  client.destroy();
  setUp.destroy();
  await recording.stop();
  app.server.closeAllConnections();
  await app.close();
  return [...recording.operations].map((operation) => `sqs:${operation.replace(/Batch$/, '')}`);
}
