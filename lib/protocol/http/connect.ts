/**
 * Connect unary, POST and GET.
 *
 * Written here and not taken from `@connectrpc/connect`, which decodes and encodes every message; see
 * docs/architecture.md.
 *
 * @see https://connectrpc.com/docs/protocol
 */
import { readConnectTimeout, readRequestMetadata } from '../../rpc/request-metadata.ts';
import { checkRequestSize } from '../../rpc/request-size.ts';
import { invalidArgument, type Status } from '../../runtime/status.ts';
import { renderDetails, retryAfterSeconds } from '../error-details.ts';
import { unpaddedBase64 } from '../grpc-status.ts';
import { codecs, type Codec } from './codec.ts';
import { headerReader, type HttpProtocol } from './exchange.ts';
import { refuseCompression } from './frame.ts';
import { mediaType, type HttpRequest } from './http-message.ts';
import { httpStatus } from './http-status.ts';

export const connectMediaTypes = ['application/proto', 'application/json'];

export const connect: HttpProtocol = {
  read(request, method) {
    const header = headerReader(request);
    const { codec, contentType, message } = request.method === 'GET' ? readQuery(request) : readBody(request);
    checkRequestSize(message.length, method);
    const timeoutMs = readConnectTimeout(header('connect-timeout-ms'));
    return {
      request: codec.readRequest(method.requestType, message),
      metadata: readRequestMetadata(header, method.responseType),
      timeoutMs,
      write: (answer) => ({
        status: 200,
        headers: { ...answer.metadata, 'content-type': contentType, vary: 'accept-encoding' },
        body: codec.write(method.responseType, answer.message),
      }),
    };
  },

  fail(_request, status, requestId) {
    const retryAfter = retryAfterSeconds(status);
    return {
      status: httpStatus[status.code],
      headers: {
        'content-type': 'application/json',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      },
      body: JSON.stringify(connectError(status, requestId)),
    };
  },
};

/** @see https://connectrpc.com/docs/protocol#error-end-stream */
export function connectError(status: Status, requestId: string): object {
  const details = renderDetails(status, requestId).map(({ typeName, value, json }) => ({
    type: typeName,
    value: unpaddedBase64(value),
    debug: json,
  }));
  return { code: connectCode(status), message: status.message, details };
}

/** Connect writes the codes in lower case, and the first of them with one l. */
function connectCode({ code }: Status): string {
  return code === 'CANCELLED' ? 'canceled' : code.toLowerCase();
}

/** @throws {Status} for another version of the protocol than there is */
export function checkConnectVersion(version: string | undefined): void {
  if (version !== undefined && version !== '1')
    throw invalidArgument('connect-protocol-version', 'must be 1');
}

interface UnaryRequest {
  readonly codec: Codec;
  readonly contentType: string;
  readonly message: Uint8Array;
}

function readBody({ headers, body }: HttpRequest): UnaryRequest {
  checkConnectVersion(headers['connect-protocol-version']);
  refuseCompression('content-encoding', headers['content-encoding']);
  const contentType = mediaType(headers['content-type']);
  return { codec: codecs[contentType.slice('application/'.length)]!, contentType, message: body };
}

function readQuery({ query }: HttpRequest): UnaryRequest {
  const version = query.get('connect');
  if (version !== null && version !== 'v1') throw invalidArgument('connect', 'must be v1');
  refuseCompression('compression', query.get('compression') ?? undefined);
  const encoding = query.get('encoding') ?? '';
  const codec = Object.hasOwn(codecs, encoding) ? codecs[encoding] : undefined;
  if (codec === undefined) throw invalidArgument('encoding', 'must be json or proto');
  const message = query.get('message');
  if (message === null) throw invalidArgument('message', 'is missing');
  // URL-safe base64 without padding, says the protocol; Buffer reads the other kind as well.
  const bytes = Buffer.from(message, query.get('base64') === '1' ? 'base64url' : 'utf8');
  return { codec, contentType: `application/${encoding}`, message: bytes };
}
