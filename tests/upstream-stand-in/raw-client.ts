/** Calls of Get and List that give the bytes of the answer, and errors of grpc-js. */
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { ProjectJobServiceService as service } from '../../infra/upstream-stand-in/sdk.ts';
import type { SecureUpstream } from './sdk-client.ts';

export interface RawClient {
  /** @throws {ServiceError} as grpc-js makes it */
  readonly call: (method: 'get' | 'list', request: Buffer, deadline?: Date) => Promise<Uint8Array>;
  readonly close: () => void;
}

const keep = (bytes: Buffer): Buffer => bytes;

export function rawClient({ endpoint, rootCerts, issueToken }: SecureUpstream): RawClient {
  const client = new Client(endpoint, credentials.createSsl(rootCerts));
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${issueToken()}`);
  return {
    call: (method, request, deadline) =>
      new Promise((resolve, reject) => {
        const options = deadline === undefined ? {} : { deadline };
        client.makeUnaryRequest(
          service[method].path,
          keep,
          keep,
          request,
          metadata,
          options,
          (error, bytes) => {
            if (error === null && bytes !== undefined) resolve(new Uint8Array(bytes));
            else reject(error ?? new Error('an answer has bytes'));
          },
        );
      }),
    close: () => {
      client.close();
    },
  };
}
