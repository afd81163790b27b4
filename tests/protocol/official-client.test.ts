import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Session } from '@yandex-cloud/nodejs-sdk';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import { serverCredentials } from '../../lib/protocol/grpc/credentials.ts';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { p1Reader, jobIds, startService, storedJobs, type TestService } from '../support/service.ts';

const { ProjectJobServiceClient, ProjectJobServiceService } = sdk.projectJobService;
const { createChannel, createClient, Metadata } = createRequire(import.meta.url)(
  'nice-grpc',
) as typeof import('nice-grpc');

describe('the official client', () => {
  let service: TestService;
  let certificate: TestCertificate;
  let secure: RunningGrpc;
  let insecure: RunningGrpc;

  beforeAll(async () => {
    service = await startService(p1Reader);
    certificate = await makeCertificate();
    secure = await startGrpcService(service.parts, serverCredentials(certificate));
    insecure = await startGrpcService(service.parts);
  });
  afterAll(async () => {
    await secure.stop();
    await insecure.stop();
    await certificate.remove();
    await service.stop();
  });

  const expected = sdk.jobs.Job.decode(storedJobs[jobIds.plain]!);
  const session = (iamToken: string) => {
    const options = { iamToken, ssl: { rootCerts: Buffer.from(certificate.pem) } };
    return new Session(options).client(ProjectJobServiceClient, `localhost:${secure.port}`);
  };

  it('gets the job over TLS, as it is', async () => {
    expect(
      await session('good').get(
        sdk.projectJobService.GetProjectJobRequest.fromPartial({ jobId: jobIds.plain }),
      ),
    ).toEqual(expected);
  });

  it('tells a missing job by the code 5 of its ClientError', async () => {
    const call = session('good').get(
      sdk.projectJobService.GetProjectJobRequest.fromPartial({ jobId: 'nope' }),
    );
    await expect(call).rejects.toMatchObject({
      name: 'ClientError',
      code: 5,
      details: 'job nope was not found',
    });
  });

  it('tells a bad token by the code 16', async () => {
    const call = session('bad').get(
      sdk.projectJobService.GetProjectJobRequest.fromPartial({ jobId: jobIds.plain }),
    );
    await expect(call).rejects.toMatchObject({ name: 'ClientError', code: 16 });
  });

  it('has generated code that gets the job in plaintext too, with nice-grpc', async () => {
    const channel = createChannel(`http://127.0.0.1:${insecure.port}`);
    const client = createClient(ProjectJobServiceService as never, channel) as unknown as {
      get: (request: object, options: object) => Promise<unknown>;
    };
    const metadata = new Metadata({ authorization: 'Bearer good' });
    expect(await client.get({ jobId: jobIds.plain }, { metadata })).toEqual(expected);
    await expect(client.get({ jobId: 'nope' }, { metadata })).rejects.toMatchObject({
      code: 5,
      details: 'job nope was not found',
    });
    channel.close();
  });
});
