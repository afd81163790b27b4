/** REST: `GET|HEAD` of a method's path, answered in canonical proto3 JSON. */
import { messageToJson } from '../../protobuf/json.ts';
import type { Method } from '../../rpc/method.ts';
import { readParameters } from '../../rpc/read-request.ts';
import { readRequestMetadata } from '../../rpc/request-metadata.ts';
import { pathVariables } from '../../rpc/rest-path.ts';
import { invalidArgument } from '../../runtime/status.ts';
import { retryAfterSeconds, statusToJson } from '../error-details.ts';
import { headerReader, type HttpCall, type HttpProtocol } from './exchange.ts';
import type { HttpRequest } from './http-message.ts';
import { httpStatus } from './http-status.ts';

/** All answers of one URL depend on who asks, and for which fields. */
const vary = 'accept-encoding, authorization, x-field-mask';

export const rest: HttpProtocol = {
  read(request, method) {
    return {
      ...readRest(request, method),
      write: ({ message, metadata, etag }) => {
        const caching = etag === undefined ? {} : { etag, 'cache-control': 'private, no-cache' };
        const headers = { ...metadata, ...caching, vary };
        if (etag !== undefined && matches(request.headers['if-none-match'], etag))
          return { status: 304, headers, body: '' };
        return {
          status: 200,
          headers: { ...headers, 'content-type': 'application/json' },
          body: request.method === 'HEAD' ? '' : messageToJson(method.responseType, message),
        };
      },
    };
  },

  fail(request, status, requestId) {
    const retryAfter = retryAfterSeconds(status);
    return {
      status: httpStatus[status.code],
      headers: {
        'content-type': 'application/json',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      },
      body: request.method === 'HEAD' ? '' : statusToJson(status, requestId),
    };
  },
};

/**
 * The query parameter `fields` stands for `x-field-mask`: links have no headers.
 *
 * @throws {Status} for a bad request
 */
export function readRest(request: HttpRequest, method: Method): HttpCall {
  const decoded = readParameters(method.requestType, pathVariables(method, request.path), request.query);
  const header = headerReader(request);
  const { responseType } = method;
  const fields = request.query.getAll('fields');
  if (fields.length === 0) return { request: decoded, metadata: readRequestMetadata(header, responseType) };
  if (header('x-field-mask') !== undefined)
    throw invalidArgument('fields', 'must not come together with x-field-mask');
  const metadata = readRequestMetadata(
    (name) => (name === 'x-field-mask' ? fields.join(',') : header(name)),
    responseType,
    (name) => (name === 'x-field-mask' ? 'fields' : name),
  );
  return { request: decoded, metadata };
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.if-none-match */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const candidate = tag.trim();
    return candidate === '*' || candidate === etag || candidate === `W/${etag}`;
  });
}
