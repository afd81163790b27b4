import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { Deadline } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';
import { channelOptions } from './limits.ts';
import { isLoopback } from '../runtime/loopback.ts';
import { UpstreamError } from './upstream-error.ts';

/** Where upstream is. */
export interface UpstreamTarget {
  /** `host:port`, such as `datasphere.api.cloud.yandex.net:443`. */
  readonly address: string;
  /** No TLS; only for a host that is this machine, since tokens go over it. */
  readonly plaintext?: boolean;
  /** Certificates in PEM of those whose word on upstream's is taken; Node's own unless set. */
  readonly rootCertificates?: Buffer;
}

export type Method = 'Get' | 'List';

const service = 'yandex.cloud.datasphere.v2.jobs.ProjectJobService';

export interface CallOptions {
  /** Goes along as a bearer token. */
  readonly token: string | undefined;
  /** How long the attempt may take, in milliseconds; the caller's deadline may end it before. */
  readonly timeoutMs: number;
  /** Whether that is so much that no answer in it means that nobody is there. */
  readonly fair: boolean;
}

/** One HTTP/2 connection to upstream, made when it is needed and made again when it breaks. */
export class UpstreamConnection {
  readonly #connect: () => Client;
  #client: Client;

  /** @throws {Error} for a target that is none, or for plaintext to another machine */
  constructor({ address, plaintext = false, rootCertificates }: UpstreamTarget) {
    if (!/^[^\s/]+:\d+$/.test(address))
      throw new Error(`the address of upstream, ${address}, is no host:port`);
    if (plaintext && !isLoopback(address.replace(/:\d+$/, '')))
      throw new Error(
        `${address} is not on this machine, so it needs TLS: a token would go over it readable`,
      );
    const channelCredentials = plaintext
      ? credentials.createInsecure()
      : credentials.createSsl(rootCertificates ?? null);
    this.#connect = () => new Client(address, channelCredentials, channelOptions);
    this.#client = this.#connect();
  }

  /**
   * One attempt.
   *
   * @throws {UpstreamError}
   * @throws {Status} FAILED_PRECONDITION for a token that cannot be sent
   */
  async call(
    method: Method,
    request: Uint8Array,
    { token, timeoutMs, fair }: CallOptions,
    deadline: Deadline,
  ): Promise<Uint8Array> {
    const metadata = metadataWith(token);
    const client = this.#client;
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Buffer): void => {
        deadline.signal.removeEventListener('abort', cancel);
        if (error === null) {
          resolve(answer!);
          return;
        }
        const { details, metadata: trailers } = error;
        // Our deadline and the channel's end at the same time: whichever comes first, it is the same failure.
        const late = error.code === status.CANCELLED && deadline.remainingMs() === 0;
        const code = late ? status.DEADLINE_EXCEEDED : error.code;
        if (fair && code === status.DEADLINE_EXCEEDED) this.#replace(client);
        reject(new UpstreamError({ code, details, metadata: trailers }, token));
      };
      const call = client.makeUnaryRequest(
        `/${service}/${method}`,
        asItIs,
        asItIs,
        Buffer.from(request),
        metadata,
        { deadline: Date.now() + timeoutMs },
        done,
      );
      const cancel = (): void => {
        call.cancel();
      };
      deadline.signal.addEventListener('abort', cancel);
    });
  }

  close(): void {
    this.#client.close();
  }

  /**
   * The calls to come go over a new connection. One that vanished without a word, as those of a function do that was
   * frozen, is found by nobody for some time, and each call on it would wait in vain. Calls under way go on.
   */
  #replace(client: Client): void {
    if (client !== this.#client) return;
    client.close();
    this.#client = this.#connect();
  }
}

/** grpc-js would repeat a token in the error that it throws for one. */
function metadataWith(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token === undefined) return metadata;
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Status(
      'SERVICE_CREDENTIALS_REFUSED',
      'the token for upstream has characters that no header can have',
    );
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

const asItIs = (bytes: Buffer): Buffer => bytes;
