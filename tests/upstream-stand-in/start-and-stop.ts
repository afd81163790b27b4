/** Uses everything of a stand-in that keeps a process alive, and stops it during a call. Then it must end by itself. */
import { connect } from 'node:net';
import { credentials, Metadata } from '@grpc/grpc-js';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import { JobStatus } from '../../infra/upstream-stand-in/sdk.ts';
import { startUpstream } from '../../infra/upstream-stand-in/upstream.ts';

const upstream = await startUpstream({ seed: 1, projects: ['p1'], clock: 'real' });
const jobId = upstream.world.createJob('p1', { life: { creatingMs: 3_600_000 } });
upstream.faults.delayNotices = 3_600_000;
upstream.world.createJob('p1');
await fetch(`${upstream.iamUrl}/elsewhere`);
const idle = connect(Number(upstream.address.split(':')[1]), '127.0.0.1');
const client = new sdk.projectJobService.ProjectJobServiceClient(
  upstream.address,
  credentials.createInsecure(),
);
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${upstream.issueToken()}`);
const status = await new Promise<number | undefined>((resolve) => {
  client.get({ jobId }, metadata, (error, job) => {
    resolve(error === null ? job.status : undefined);
  });
});
upstream.faults.stall = true;
const stalled = new Promise((resolve) => client.get({ jobId }, metadata, resolve));
await new Promise((resolve) => setTimeout(resolve, 100));
await upstream.stop();
await stalled;
client.close();
idle.destroy();
console.log(`read ${JobStatus[status ?? 0] ?? ''}, then stopped`);
