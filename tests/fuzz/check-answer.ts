/** Whether an answer is one that docs/api.md knows, in the form of the protocol that the request spoke. */
import { deepStrictEqual, fail, ok } from 'node:assert';
import { isGrpcWeb } from '../../lib/protocol/http/grpc-web.ts';
import { mediaType, type HttpRequest, type HttpResponse } from '../../lib/protocol/http/http-message.ts';
import { httpStatus } from '../../lib/protocol/http/http-status.ts';
import { codeNumbers, type Code } from '../../lib/runtime/status.ts';
import { getPath } from '../support/http2-frames.ts';

/** All but INTERNAL, which is for bugs: what a caller can bring about. */
const documentedCodes: readonly Code[] = [
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'RESOURCE_EXHAUSTED',
  'UNIMPLEMENTED',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
];

/** Numbers of the codes that a call may come to, OK among them. */
export const documentedNumbers: readonly number[] = [0, ...documentedCodes.map((code) => codeNumbers[code])];

/** HTTP statuses that say more than the code's own: another method, another content type. */
const otherStatuses = [405, 415];

export function checkAnswer(request: HttpRequest, response: HttpResponse): void {
  ok(response.headers['x-request-id'], 'there is no request id');
  for (const [name, value] of Object.entries(response.headers))
    ok(/^[\t\x20-\x7e]*$/.test(value), `the header ${name} cannot be sent`);
  if (isCall(request) && isGrpcWeb(mediaType(request.headers['content-type'])) && request.method === 'POST')
    checkFrames(response);
  else checkStatus(request, response);
}

function isCall({ path }: HttpRequest): boolean {
  return path.startsWith(getPath.slice(0, -'Get'.length));
}

function checkStatus(request: HttpRequest, { status, headers, body }: HttpResponse): void {
  if (status === 200 || status === 304) return;
  deepStrictEqual(headers['content-type'], 'application/json');
  if (request.method === 'HEAD') return;
  const { code, message, details } = JSON.parse(Buffer.from(body).toString()) as {
    readonly code: number | string;
    readonly message: string;
    readonly details: readonly object[];
  };
  const name = documentedCodes.find((one) => codeNumbers[one] === code || one.toLowerCase() === code);
  if (name === undefined) fail(`the code ${code} is not documented`);
  ok(status === httpStatus[name] || otherStatuses.includes(status), `${name} came with status ${status}`);
  ok(message.length > 0 && details.length > 0, 'an error says nothing');
}

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md */
function checkFrames({ status, headers, body }: HttpResponse): void {
  deepStrictEqual(status, 200);
  const isText = headers['content-type']!.startsWith('application/grpc-web-text');
  const bytes = isText ? Buffer.from(String(body), 'base64') : Buffer.from(body);
  let trailers: string | undefined;
  for (let at = 0; at < bytes.length;) {
    ok(trailers === undefined, 'a frame comes after the trailers');
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    ok(end <= bytes.length, 'a frame says more than it holds');
    if ((bytes[at]! & 0x80) !== 0) trailers = bytes.subarray(at + 5, end).toString();
    at = end;
  }
  const code = /^grpc-status: (\d+)\r$/m.exec(trailers ?? '')?.[1];
  ok(documentedNumbers.includes(Number(code)), `the grpc-status ${code} is not documented`);
}
