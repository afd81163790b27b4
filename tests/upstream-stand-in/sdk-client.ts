/** The official SDK as the reference client of the stand-in. */
import { readFile } from 'node:fs/promises';
import { Session } from '@yandex-cloud/nodejs-sdk';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import { makeCertificate } from '../support/certificates.ts';
import type { ListRequest } from '../../infra/upstream-stand-in/list-jobs.ts';
import {
  startUpstream,
  type Upstream,
  type UpstreamOptions,
} from '../../infra/upstream-stand-in/upstream.ts';

const { ProjectJobServiceClient, GetProjectJobRequest } = sdk.projectJobService;

export interface SecureUpstream extends Upstream {
  /** Its address, with the name of its certificate. */
  readonly endpoint: string;
  /** The CA of its certificate, in PEM. */
  readonly rootCerts: Buffer;
  /** The client of the SDK over TLS, with the given token or a new one. */
  readonly client: (iamToken?: string) => SdkClient;
}

export type SdkClient = ReturnType<typeof sdkClient>;

/** A stand-in with TLS, which the SDK needs. */
export async function startSecureUpstream(options: UpstreamOptions): Promise<SecureUpstream> {
  const { pem, keyFile, remove } = await makeCertificate();
  const key = await readFile(keyFile, 'utf8');
  await remove();
  const upstream = await startUpstream({ ...options, tls: { cert: pem, key } });
  const rootCerts = Buffer.from(pem);
  const endpoint = upstream.address.replace('127.0.0.1', 'localhost');
  return Object.assign(upstream, {
    endpoint,
    rootCerts,
    client: (iamToken = upstream.issueToken()) => sdkClient(endpoint, rootCerts, iamToken),
  });
}

/** @param endpoint `localhost:port`, because the certificate has that name */
export function sdkClient(endpoint: string, rootCerts: Buffer, iamToken: string) {
  const client = new Session({ iamToken, ssl: { rootCerts } }).client(ProjectJobServiceClient, endpoint);
  return {
    get: (jobId: string) => client.get(GetProjectJobRequest.fromPartial({ jobId })),
    list: (request: Partial<ListRequest>) =>
      client.list({ projectId: '', pageSize: 0, pageToken: '', filter: '', ...request }),
    cancel: (jobId: string) => client.cancel({ jobId, reason: '', graceful: false }),
  };
}
