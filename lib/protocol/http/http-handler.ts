/** All that is spoken over HTTP, behind one function. */
import type { Admission } from '../../reading/admission.ts';
import { logCall } from '../../rpc/access-log.ts';
import type { AnswerRecord, Call, Method } from '../../rpc/method.ts';
import { readRequestId } from '../../rpc/request-metadata.ts';
import { requestTooLarge } from '../../rpc/request-size.ts';
import { Deadline } from '../../runtime/deadline.ts';
import { Status, toStatus } from '../../runtime/status.ts';
import type { Log, LogFields } from '../../telemetry/log.ts';
import { httpBodySizeLimitOf, longestCallMs } from '../limits.ts';
import { encodeContent } from './content-encoding.ts';
import { headerReader, type HttpCall, type HttpProtocol } from './exchange.ts';
import { bodySize, type HttpRequest, type HttpResponse, type StreamedResponse } from './http-message.ts';
import { createRouter, protocolOf, type Refusal, type Route, type StreamProtocols } from './route.ts';

export type HttpHandler<Response = HttpResponse> = (request: HttpRequest) => Promise<Response>;

export interface HttpHandlerDeps {
  readonly methods: readonly Method[];
  readonly admission: Admission;
  readonly log: Log;
  /** The scheme of credentials that those are told who were refused for theirs; undefined if none are looked at. */
  readonly challenge: string | undefined;
  /** The most bytes that the server can send in one body. */
  readonly responseSizeLimit?: number;
}

/** How methods that stream are answered: `httpStreams` of streams.ts, for servers that can send a body in pieces. */
export interface HttpStreams extends StreamProtocols {
  open(route: Extract<Route, { kind: 'server-streaming' }>, exchange: Exchange): Promise<StreamExchanged>;
}

/** A request that is being answered. */
export interface Exchange {
  readonly http: HttpRequest;
  readonly requestId: string;
  readonly admission: Admission;
  readonly meter: Call['meter'];
}

/** What became of a request. */
export interface Exchanged<Response = HttpResponse> {
  readonly response: Response;
  /** As it was decoded; undefined if it was refused before that. */
  readonly request?: object;
  readonly record?: AnswerRecord;
  readonly failure?: Status;
}

export interface StreamExchanged extends Exchanged<HttpResponse | StreamedResponse> {
  /** Resolves when the stream has ended; undefined if there is none. Never rejects. */
  readonly ended?: Promise<{ readonly failure: Status | undefined; readonly more: LogFields }>;
}

export function createHttpHandler(deps: HttpHandlerDeps): HttpHandler;
export function createHttpHandler(
  deps: HttpHandlerDeps & { readonly streams: HttpStreams },
): HttpHandler<HttpResponse | StreamedResponse>;
/** Answers every request, whatever it holds. Never throws. Without `streams`, methods that stream are not served. */
export function createHttpHandler({
  methods,
  admission,
  log,
  challenge,
  responseSizeLimit = Infinity,
  streams,
}: HttpHandlerDeps & { readonly streams?: HttpStreams }): HttpHandler<HttpResponse | StreamedResponse> {
  const route = createRouter(methods, streams);
  let isCold = true;
  return async (http) => {
    const startMs = performance.now();
    const header = headerReader(http);
    const requestId = readRequestId(header);
    const meter = { reads: 0, latencyMs: 0, readUnits: 0 };
    const coldStart = isCold;
    isCold = false;
    const chosen = route(http);
    const exchanged = await answer(chosen, { http, requestId, admission, meter }, responseSizeLimit, streams);
    const { response, request, record, failure, ended } = exchanged;
    const { status } = response;
    const logEnd = (end: { failure: Status | undefined; more?: LogFields }): void => {
      const more = { method: http.method, status, ...end.more };
      const call = { requestId, header, method: chosen.method, request, record, meter, startMs, coldStart };
      logCall(log, { ...call, failure: end.failure, notModified: status === 304, more });
    };
    if (ended === undefined) logEnd({ failure });
    else void ended.then(logEnd);
    return {
      ...response,
      headers: {
        ...everyAnswer,
        ...challengeOf(status, challenge),
        ...response.headers,
        'x-request-id': requestId,
      },
    };
  };
}

/** The answer to a request that an error ended outside of the handler, in the form of its protocol. */
export function answerFailure(
  failure: Status,
  requestId: string,
  request: HttpRequest = unreadable,
): HttpResponse {
  const response = protocolOf(request).fail(request, failure, requestId);
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

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 */
function challengeOf(status: number, scheme: string | undefined): HttpResponse['headers'] {
  return status === 401 && scheme !== undefined ? { 'www-authenticate': scheme } : {};
}

function answer(
  route: Route,
  exchange: Exchange,
  responseSizeLimit: number,
  streams: HttpStreams | undefined,
): StreamExchanged | Promise<StreamExchanged> {
  switch (route.kind) {
    case 'refused':
      return answerRefusal(route, exchange);
    case 'unary':
      return answerUnary(route, exchange, responseSizeLimit);
    case 'server-streaming':
      return streams!.open(route, exchange);
  }
}

function answerRefusal(
  { protocol, failure, status, headers }: Refusal,
  { http, requestId }: Exchange,
): Exchanged {
  const response = protocol.fail(http, failure, requestId);
  const whole = {
    ...response,
    status: status ?? response.status,
    headers: { ...response.headers, ...headers },
  };
  return { response: whole, failure };
}

async function answerUnary(
  { method, protocol }: Extract<Route, { kind: 'unary' }>,
  exchange: Exchange,
  responseSizeLimit: number,
): Promise<Exchanged> {
  const { http, admission } = exchange;
  const read = readCall(method, protocol, exchange);
  if ('failure' in read) return read;
  const { request, timeoutMs = Infinity } = read;
  try {
    admission.check();
    const deadline = new Deadline(Math.min(timeoutMs, longestCallMs));
    const answered = await method.answer(request, callOf(read, exchange, deadline));
    const response = encodeContent(http, read.write(answered));
    const size = bodySize(response.body);
    if (size > responseSizeLimit) throw tooLarge(size, responseSizeLimit);
    return { response, request, record: answered.record };
  } catch (error) {
    return { ...failed(protocol, exchange, error), request };
  }
}

/** Reads a call, or answers that it cannot be read. */
export function readCall<ReadCall extends HttpCall>(
  method: Method,
  protocol: HttpProtocol<ReadCall>,
  exchange: Exchange,
): ReadCall | (Exchanged & { readonly failure: Status }) {
  const { body } = exchange.http;
  const limit = httpBodySizeLimitOf(method);
  try {
    if (body.length > limit) throw requestTooLarge(body.length, limit);
    return protocol.read(exchange.http, method);
  } catch (error) {
    return failed(protocol, exchange, error);
  }
}

export function callOf({ metadata }: HttpCall, { http, meter }: Exchange, deadline: Deadline): Call {
  const header = headerReader(http);
  const credentials = { authorization: header('authorization'), iamPrincipal: http.iamPrincipal };
  return { credentials, metadata, deadline, meter, header };
}

export function failed(
  protocol: Pick<HttpProtocol, 'fail'>,
  { http, requestId }: Exchange,
  error: unknown,
): Exchanged & { readonly failure: Status } {
  const failure = toStatus(error);
  return { response: protocol.fail(http, failure, requestId), failure };
}

function tooLarge(size: number, limit: number): Status {
  return new Status(
    'RESPONSE_TOO_LARGE',
    `the answer has ${size} bytes, and at most ${limit} can be sent here: accept gzip, choose fields, or use native gRPC`,
  );
}
