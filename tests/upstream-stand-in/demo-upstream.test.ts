import { createPrivateKey } from 'node:crypto';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import { SignJWT } from 'jose';
import { startDemoUpstream, type DemoUpstream } from '../../infra/local/demo-upstream.ts';
import type { ServiceAccountKey } from '../../infra/upstream-stand-in/service-account-key.ts';

const { ProjectJobServiceClient, ListProjectJobRequest } = sdk.projectJobService;

describe('the upstream of the demo', () => {
  let demo: DemoUpstream;
  beforeAll(async () => {
    demo = await startDemoUpstream();
  });
  afterAll(() => demo.stop());

  /** The statuses of the jobs of a project, read with the settings of the functions only. */
  async function statuses(): Promise<ReadonlyMap<string, number>> {
    const { env, settings } = demo;
    const key = JSON.parse(env['UPSTREAM_SERVICE_ACCOUNT_KEY']!) as ServiceAccountKey;
    const jwt = await new SignJWT()
      .setProtectedHeader({ alg: 'PS256', kid: key.id })
      .setIssuer(key.service_account_id)
      .setAudience('https://iam.api.cloud.yandex.net/iam/v1/tokens')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(createPrivateKey(key.private_key));
    const url = `${settings['upstreamIamEndpoint']!}/iam/v1/tokens`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ jwt }) });
    const { iamToken } = (await response.json()) as { readonly iamToken: string };
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${iamToken}`);
    const client = new ProjectJobServiceClient(settings['upstream']!, credentials.createInsecure());
    const [projectId = ''] = settings['upstreamProjects']!.split(',');
    return new Promise((resolve, reject) => {
      client.list(ListProjectJobRequest.fromPartial({ projectId }), metadata, (error, answer) => {
        client.close();
        if (error === null) resolve(new Map(answer.jobs.map(({ id, status }) => [id, status])));
        else reject(error);
      });
    });
  }

  it('has jobs that change, and sends notices of them, also after one could not be sent', async () => {
    expect(await statuses()).toEqual(new Map());
    const notices: unknown[] = [];
    demo.begin((notice) => {
      notices.push(notice);
      return Promise.reject(new Error('the queue is full'));
    });
    const before = await statuses();
    expect(before.size).toBeGreaterThan(2);
    const moved = async (): Promise<boolean> => {
      const after = await statuses();
      return [...before].some(([id, status]) => after.get(id) !== status);
    };
    for (const giveUp = Date.now() + 15_000; !(await moved());) {
      expect(Date.now()).toBeLessThan(giveUp);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(notices.length).toBeGreaterThan(before.size);
  });
});
