import {
  Agent as HttpAgent,
  request as startHttp,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as startHttps } from 'node:https';

/** A request of the AWS SDK. */
export interface TransportRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Aborts the request. */
  readonly abortSignal?: AbortSignal | undefined;
}

export interface TransportOptions {
  /** How long a new connection may take, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long an answer may take, with the time for a connection, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** The answer, with its whole body. */
export interface TransportResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** An HttpHandler, as the AWS SDK calls it. */
export interface Transport {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: TransportRequest): Promise<{ readonly response: TransportResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
  destroy(): void;
}

/**
 * The most bytes that an answer may have. DynamoDB gives up to 1 MB of items in answer to a Query, and 400 KB to a GetItem.
 * Base64 makes bytes a third longer, and escapes make text up to six times as long.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
 */
export const answerSizeLimit = 8 << 20;

/** Connections that are open at the same time. Further requests wait for one of them. */
const maxSockets = 50;

/**
 * Sends the SDK's requests over connections that stay open. The SDK's own handler also serves streams in both directions,
 * proxies and much else. Here a request has its body at hand, and its answer is small enough to be read as a whole: that
 * saves a fifth of the time of a Get.
 *
 * @see docs/performance.md
 */
export function createTransport({ connectTimeoutMs, answerTimeoutMs }: TransportOptions): Transport {
  const http = new HttpAgent({ keepAlive: true, maxSockets });
  const https = new HttpsAgent({ keepAlive: true, maxSockets });

  return {
    metadata: { handlerProtocol: 'http/1.1' },

    handle({ protocol, hostname, port, method, path, headers, body, abortSignal }) {
      return new Promise((resolve, reject) => {
        // A URL has brackets around an IPv6 address, a socket does not.
        const options = { hostname: hostname.replace(/^\[|\]$/g, ''), port, method, path, headers };
        const onResponse = (message: IncomingMessage): void => {
          collect(message, settle, fail);
        };
        const call: ClientRequest =
          protocol === 'http:'
            ? startHttp({ ...options, agent: http }, onResponse)
            : startHttps({ ...options, agent: https }, onResponse);
        const answerTimer = setTimeout(() => {
          fail(timeoutError(`there was no answer within ${answerTimeoutMs} ms`));
        }, answerTimeoutMs);
        let connectTimer: NodeJS.Timeout | undefined;
        const finish = (): void => {
          clearTimeout(answerTimer);
          clearTimeout(connectTimer);
          abortSignal?.removeEventListener('abort', abort);
        };
        const settle = (response: TransportResponse): void => {
          finish();
          resolve({ response });
        };
        const fail = (error: Error): void => {
          finish();
          call.destroy();
          reject(error);
        };
        const abort = (): void => {
          fail(Object.assign(new Error('the request was given up'), { name: 'AbortError' }));
        };
        call.once('error', fail);
        call.once('socket', (socket) => {
          if (!socket.connecting) return;
          connectTimer = setTimeout(() => {
            fail(timeoutError(`there was no connection within ${connectTimeoutMs} ms`));
          }, connectTimeoutMs);
          socket.once('connect', () => {
            clearTimeout(connectTimer);
          });
        });
        if (abortSignal?.aborted === true) {
          abort();
          return;
        }
        abortSignal?.addEventListener('abort', abort);
        call.end(body);
      });
    },

    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}

function collect(
  message: IncomingMessage,
  settle: (response: TransportResponse) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  message.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > answerSizeLimit) fail(tooLargeError());
    else chunks.push(chunk);
  });
  // The connection may break in the middle of an answer.
  message.once('error', fail);
  message.once('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    settle({ statusCode: message.statusCode!, headers: message.headers as Record<string, string>, body });
  });
}

/** Whatever answers like this is not DynamoDB. Another try would not change that. */
function tooLargeError(): Error {
  const message = `the answer has more than ${answerSizeLimit} bytes; DynamoDB's answers have fewer`;
  return Object.assign(new Error(message), { name: 'AnswerTooLargeError' });
}

/** The SDK retries errors of this name. */
function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError' });
}
