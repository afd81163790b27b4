/**
 * Connect unary, POST and GET.
 *
 * Written here and not taken from `@connectrpc/connect`, which decodes and encodes every message; see
 * docs/architecture.md.
 *
 * @see https://connectrpc.com/docs/protocol
 */
import { Deadline } from '../../runtime/deadline.ts';
import { invalidArgument, Status } from '../../runtime/status.ts';
import { renderDetails, retryAfterSeconds } from '../error-details.ts';
import { requestSizeLimit, requestTooLarge } from '../limits.ts';
import { readConnectTimeout, readRequestMetadata } from '../../rpc/request-metadata.ts';
import { responseMetadata } from '../../rpc/response-metadata.ts';
import { codecs, type Codec } from './codec.ts';
import { longestRequestMs, type HttpProtocol } from './exchange.ts';
import { mediaType, type HttpRequest } from './http-message.ts';
import { httpStatus } from './http-status.ts';

export const connectMediaTypes = ['application/proto', 'application/json'];

export const connect: HttpProtocol = {
  async answer(request, getJob) {
    const header = (name: string): string | undefined => request.headers[name];
    const { codec, contentType, message } = request.method === 'GET' ? readGet(request) : readPost(request);
    const timeoutMs = readConnectTimeout(header('connect-timeout-ms')) ?? Infinity;
    const deadline = new Deadline(Math.min(timeoutMs, longestRequestMs));
    const answer = await getJob(
      { jobId: codec.readJobId(message), ...readRequestMetadata(header) },
      request,
      deadline,
    );
    const headers = { ...responseMetadata(answer), 'content-type': contentType, vary: 'accept-encoding' };
    return { status: 200, headers, body: codec.writeJob(answer) };
  },

  fail(_request, status, requestId) {
    const retryAfter = retryAfterSeconds(status);
    const details = renderDetails(status, requestId).map(({ typeName, value, json }) => ({
      type: typeName,
      value: Buffer.from(value).toString('base64').replace(/=+$/, ''),
      debug: json,
    }));
    return {
      status: httpStatus[status.code],
      headers: {
        'content-type': 'application/json',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      },
      body: JSON.stringify({ code: connectCode(status), message: status.message, details }),
    };
  },
};

/** Connect writes the codes in lower case, and the first of them with one l. */
function connectCode({ code }: Status): string {
  return code === 'CANCELLED' ? 'canceled' : code.toLowerCase();
}

interface UnaryRequest {
  readonly codec: Codec;
  readonly contentType: string;
  readonly message: Uint8Array;
}

function readPost({ headers, body }: HttpRequest): UnaryRequest {
  const version = headers['connect-protocol-version'];
  if (version !== undefined && version !== '1')
    throw invalidArgument('connect-protocol-version', 'must be 1');
  refuseCompressed(headers['content-encoding'], 'content-encoding');
  const contentType = mediaType(headers['content-type']);
  return { codec: codecs[contentType.slice('application/'.length)]!, contentType, message: limited(body) };
}

function readGet({ query }: HttpRequest): UnaryRequest {
  const version = query.get('connect');
  if (version !== null && version !== 'v1') throw invalidArgument('connect', 'must be v1');
  refuseCompressed(query.get('compression') ?? undefined, 'compression');
  const encoding = query.get('encoding') ?? '';
  const codec = Object.hasOwn(codecs, encoding) ? codecs[encoding] : undefined;
  if (codec === undefined) throw invalidArgument('encoding', 'must be json or proto');
  const message = query.get('message');
  if (message === null) throw invalidArgument('message', 'is missing');
  // URL-safe base64 without padding, says the protocol; Buffer reads the other kind as well.
  const bytes = Buffer.from(message, query.get('base64') === '1' ? 'base64url' : 'utf8');
  return { codec, contentType: `application/${encoding}`, message: limited(bytes) };
}

function limited(message: Uint8Array): Uint8Array {
  if (message.length <= requestSizeLimit) return message;
  throw requestTooLarge(message.length);
}

function refuseCompressed(encoding: string | undefined, field: string): void {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return;
  throw new Status(
    'COMPRESSION_NOT_SUPPORTED',
    `${field}: requests must not be compressed; supported is identity`,
  );
}
