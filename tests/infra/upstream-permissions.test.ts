/** The roles of a deployment that reads from upstream, compared with the calls of its functions. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Template } from '../template/template.ts';
import { createTable, startDynalite } from '../support/dynamodb.ts';
import { startProxy, type Proxy } from '../support/dynamodb-proxy.ts';
import { patchEvent, snapshotEvent } from '../support/events.ts';
import {
  functionEnvironment,
  httpEvent,
  importHandlers,
  importRefreshHandler,
  sqsEvent,
  upstreamEnvironment,
  type Handlers,
  type RefreshHandler,
} from '../support/functions.ts';
import { allowed, byLambda, callsOnTable, on } from '../support/role-permissions.ts';
import { readTemplate } from '../support/serverless-cli.ts';
import { packageVariant } from '../support/template-variants.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

const kms = (id: string): string => `arn:aws:kms:eu-central-1:123456789012:key/${id}`;
const [tableKey, secretKey] = [kms('1a2b'), kms('3c4d')];
const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:upstream-1a2b3c';

/** The SDK reads the secret when a process first calls upstream. In tests/upstream the key is given directly. */
const forTheKey = [...on(secret, ['secretsmanager:GetSecretValue']), ...on(secretKey, ['kms:Decrypt'])];
const always = [...forTheKey, ...on(tableKey, byLambda.key)];
const logsOf = (name: string) => on({ 'Fn::GetAtt': [`${name}LogGroup`, 'Arn'] }, byLambda.logs);

describe('the roles of a deployment that reads from upstream', () => {
  let template: Template;
  let proxy: Proxy;
  let upstream: Upstream;
  let functions: Handlers;
  let refresh: RefreshHandler;
  const stops: (() => unknown)[] = [];

  beforeAll(async () => {
    template = await readTemplate(await packageVariant('a stage that is fed by upstream, with keys'));
    const engine = await startDynalite();
    proxy = await startProxy(engine.endpoint);
    const table = await createTable(engine.endpoint);
    upstream = await startUpstream({ seed: 7, projects: ['p1'], clock: 'real' });
    const environment = {
      ...functionEnvironment(proxy.endpoint, table.table),
      ...upstreamEnvironment(upstream, ['p1']),
    };
    functions = await importHandlers(environment);
    refresh = await importRefreshHandler(environment);
    stops.push(
      engine.stop,
      proxy.stop,
      () => {
        table.client.destroy();
      },
      upstream.stop,
    );
  }, 60_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  /** More than fits in one item, even compressed. */
  const large = (): string => randomBytes(600_000).toString('base64');
  const sync = async (event: unknown): Promise<void> => {
    expect((await functions.sync(sqsEvent(event))).batchItemFailures).toEqual([]);
  };

  it('the role of refresh lets it use the quota, its leases and the index, write jobs, and nothing else', async () => {
    const jobId = upstream.world.createJob('p1');
    await sync(snapshotEvent(1, { status: 'EXECUTING', config: large() }, jobId));
    proxy.calls.length = 0;
    await refresh(6000);
    expect(allowed(template, 'RefreshRole')).toEqual(
      [...callsOnTable(proxy.calls), ...logsOf('Refresh'), ...always].sort(),
    );
  });

  it('the role of get lets it store jobs that it reads from upstream, and nothing else', async () => {
    const jobId = upstream.world.createJob('p1');
    // It is not visible without a snapshot, and it is in parts.
    await sync(patchEvent(1, { config: large() }, undefined, jobId));
    proxy.calls.length = 0;
    expect((await functions.get(httpEvent('GET', `/datasphere/v2/jobs/${jobId}`))).statusCode).toBe(200);
    expect(allowed(template, 'GetRole')).toEqual(
      [...callsOnTable(proxy.calls), ...logsOf('Get'), ...always].sort(),
    );
  });

  it('the role of sync lets it use the quota for notices', async () => {
    const jobId = upstream.world.createJob('p1');
    proxy.calls.length = 0;
    await sync({ eventId: 'e', jobId, revision: '1', changed: {} });
    const made = callsOnTable(proxy.calls);
    expect(made).toContain(on({ 'Fn::GetAtt': ['JobTable', 'Arn'] }, ['dynamodb:UpdateItem'])[0]);
    expect(allowed(template, 'SyncRole')).toEqual(expect.arrayContaining([...made, ...always]));
  });
});
