/**
 * Cross-origin reads by browsers, for the origins that are named and no others.
 *
 * Answered here and not by API Gateway, whose own answer would be the same for all paths, and which adds nothing to the
 * errors that it makes itself.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import type { HttpHandler } from './http-handler.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';

/** Response headers that a page may read. Those of gRPC are here for answers that are nothing but trailers. */
const exposedHeaders = [
  'etag',
  'grpc-message',
  'grpc-status',
  'grpc-status-details-bin',
  'retry-after',
  'x-job-revision',
  'x-job-synced-at',
  'x-poll-after',
  'x-request-id',
].join(', ');

/** How long a browser may remember a preflight, in seconds: Chromium's own limit. */
const preflightSeconds = '7200';

/**
 * The handler, open to pages of some origins. Tokens come in `authorization`, which a page sets itself; hence no
 * `access-control-allow-credentials`, which would be for cookies.
 *
 * @param origins as browsers send them, such as `https://dashboard.example.org`; `*` for every one
 */
export function withCors<Response extends Pick<HttpResponse, 'headers'>>(
  handle: HttpHandler<Response>,
  origins: readonly string[],
): HttpHandler<Response | HttpResponse> {
  return async (request) => {
    const { origin } = request.headers;
    const isAllowed = origin !== undefined && (origins.includes('*') || origins.includes(origin));
    const response = isPreflight(request) ? preflightAnswer(request) : await handle(request);
    return withOrigin(response, isAllowed ? origin : undefined);
  };
}

function isPreflight({ method, headers }: HttpRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers['origin'] !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/**
 * Every header that is asked for is allowed: those that nobody here reads do nothing. To an origin that is not allowed
 * this says nothing, as the browser refuses for the want of `access-control-allow-origin`.
 */
function preflightAnswer({ headers }: HttpRequest): HttpResponse {
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
      'access-control-max-age': preflightSeconds,
      vary: 'access-control-request-headers',
    },
    body: '',
  };
}

/** Every answer depends on the origin, also the one to none: a cache must not give it to another. */
function withOrigin<Response extends Pick<HttpResponse, 'headers'>>(
  response: Response,
  origin: string | undefined,
): Response {
  const { vary } = response.headers;
  return {
    ...response,
    headers: {
      ...response.headers,
      ...(origin !== undefined && {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': exposedHeaders,
      }),
      vary: vary === undefined ? 'origin' : `${vary}, origin`,
    },
  };
}
