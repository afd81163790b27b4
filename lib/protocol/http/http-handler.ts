/** All that is spoken over HTTP, behind one function. */
import { getJob, type GetJobParts, type JobAnswer } from '../../reading/get-job.ts';
import { invalidArgument, Status, toStatus } from '../../runtime/status.ts';
import type { Log } from '../../telemetry/log.ts';
import { createAdmission } from '../admission.ts';
import { serviceName } from '../../rpc/get-job-request.ts';
import { httpBodySizeLimit, httpCallLimit, requestTooLarge } from '../limits.ts';
import { readRequestId } from '../../rpc/request-metadata.ts';
import { logServedGet } from '../../rpc/served-get.ts';
import { connect, connectMediaTypes } from './connect.ts';
import { encodeContent } from './content-encoding.ts';
import type { GetJob, HttpProtocol } from './exchange.ts';
import { grpcWeb, isGrpcWeb } from './grpc-web.ts';
import { bodySize, mediaType, type HttpRequest, type HttpResponse } from './http-message.ts';
import { jobsPath, rest } from './rest.ts';

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpHandlerParts extends GetJobParts {
  readonly log: Log;
  /** The most bytes that the server can send in one body. */
  readonly responseSizeLimit?: number;
  /** Gets that are answered at the same time; what comes beyond is refused with RESOURCE_EXHAUSTED. */
  readonly callLimit?: number;
}

/** Answers every request, whatever it holds. Never throws. */
export function createHttpHandler({
  log,
  responseSizeLimit = Infinity,
  callLimit = httpCallLimit,
  ...parts
}: HttpHandlerParts): HttpHandler {
  const admission = createAdmission(callLimit);
  const { scheme } = parts.authenticator;
  /** @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
  const challenge = (headers: HttpResponse['headers']): HttpResponse['headers'] =>
    scheme === undefined ? headers : { ...headers, 'www-authenticate': scheme };
  let coldStart = true;
  return async (request) => {
    const startMs = performance.now();
    const header = (name: string): string | undefined => request.headers[name];
    const requestId = readRequestId(header);
    const meter = { reads: 0, latencyMs: 0, readUnits: 0 };
    let jobId: string | undefined;
    let answer: JobAnswer | undefined;
    const get: GetJob = (getRequest, http, deadline) => {
      jobId = getRequest.jobId;
      const credentials = { authorization: http.headers['authorization'], iamPrincipal: http.iamPrincipal };
      return admission.run(async () => {
        answer = await getJob(parts, getRequest, credentials, deadline, meter);
        return answer;
      });
    };
    const { response, failure } = await exchange(request, requestId, get, responseSizeLimit);
    logServedGet(log, {
      requestId,
      header,
      jobId,
      answer: failure === undefined ? answer : undefined,
      failure,
      notModified: response.status === 304,
      meter,
      startMs,
      coldStart,
      more: { method: request.method, status: response.status },
    });
    coldStart = false;
    const headers = { ...everyAnswer, ...response.headers, 'x-request-id': requestId };
    return { ...response, headers: response.status === 401 ? challenge(headers) : headers };
  };
}

/** The answer to a request that an error ended outside of the handler, in the form of its protocol. */
export function answerFailure(
  failure: Status,
  requestId: string,
  request: HttpRequest = unreadable,
): HttpResponse {
  const response = chooseProtocol(request).fail(request, failure, requestId);
  return { ...response, headers: { ...everyAnswer, ...response.headers, 'x-request-id': requestId } };
}

/** Stands for a request that could not be read. */
const unreadable: HttpRequest = {
  method: 'GET',
  path: '',
  query: new URLSearchParams(),
  headers: {},
  body: new Uint8Array(),
};

/**
 * Nothing here is a page, and nobody but who asked may keep it. No `strict-transport-security`: API Gateway has no
 * plain HTTP to be lured to, and for a domain of one's own that is its owner's to say.
 */
const everyAnswer = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

async function exchange(
  request: HttpRequest,
  requestId: string,
  get: GetJob,
  responseSizeLimit: number,
): Promise<{ response: HttpResponse; failure?: Status }> {
  const protocol = chooseProtocol(request);
  try {
    if (request.body.length > httpBodySizeLimit)
      throw requestTooLarge(request.body.length, httpBodySizeLimit);
    const response = encodeContent(request, await protocol.answer(request, get));
    const size = bodySize(response.body);
    if (size > responseSizeLimit) throw tooLarge(size, responseSizeLimit);
    return { response };
  } catch (error) {
    const failure = toStatus(error);
    return { response: protocol.fail(request, failure, requestId), failure };
  }
}

function tooLarge(size: number, limit: number): Status {
  return new Status(
    'RESPONSE_TOO_LARGE',
    `the answer has ${size} bytes, and at most ${limit} can be sent here: accept gzip, choose fields, or use native gRPC`,
  );
}

const getPath = `/${serviceName}/Get`;

/** A path of the service speaks the protocol that its content type names; all else is REST. */
function chooseProtocol(request: HttpRequest): HttpProtocol {
  if (!request.path.startsWith(`/${serviceName}/`)) {
    const readOnly = ['GET', 'HEAD'].includes(request.method) || !request.path.startsWith(jobsPath);
    return readOnly ? rest : refusing(rest, notGet, 405, { allow: 'GET, HEAD' });
  }
  const type = mediaType(request.headers['content-type']);
  const protocol = isGrpcWeb(type) ? grpcWeb : connect;
  if (request.path !== getPath)
    return refusing(protocol, new Status('METHOD_NOT_SERVED', `${serviceName} has only Get here`));
  if (request.method === 'GET') return connect;
  if (request.method !== 'POST') return refusing(connect, notPost, 405, { allow: 'GET, POST' });
  if (protocol === grpcWeb || connectMediaTypes.includes(type)) return protocol;
  return refusing(connect, wrongContentType, 415, { 'accept-post': acceptPost });
}

const acceptPost = [...connectMediaTypes, 'application/grpc-web', 'application/grpc-web-text'].join(', ');
const notGet = new Status('HTTP_METHOD_NOT_ALLOWED', 'jobs can be read with GET and HEAD only');
const notPost = new Status(
  'HTTP_METHOD_NOT_ALLOWED',
  'calls are made with POST, or with GET as Connect has it',
);
const wrongContentType = invalidArgument('content-type', `must be one of ${acceptPost}`);

/** The protocol, but with one answer for everything. */
function refusing(
  protocol: HttpProtocol,
  failure: Status,
  status?: number,
  headers: Readonly<Record<string, string>> = {},
): HttpProtocol {
  return {
    answer: () => Promise.reject(failure),
    fail: (...parameters) => {
      const response = protocol.fail(...parameters);
      return { ...response, status: status ?? response.status, headers: { ...response.headers, ...headers } };
    },
  };
}
