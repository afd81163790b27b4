import { gzipSync } from 'node:zlib';
import { bodySize, type HttpRequest, type HttpResponse } from './http-message.ts';

/** Bodies below this many bytes go as they are: a packet or two less is not worth the time. */
export const gzipFromBytes = 16 * 1024;

/** Compresses a large body for a client that accepts it. */
export function encodeContent(
  { headers: { 'accept-encoding': accepted } }: HttpRequest,
  response: HttpResponse,
): HttpResponse {
  if (bodySize(response.body) < gzipFromBytes || !acceptsGzip(accepted)) return response;
  // Level 4 takes half the time of the default for a few percent more bytes.
  const body = gzipSync(response.body, { level: 4 });
  return { ...response, headers: { ...response.headers, 'content-encoding': 'gzip' }, body };
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.accept-encoding */
function acceptsGzip(accepted: string | undefined): boolean {
  const codings = (accepted ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.replaceAll(/\s/g, '').split(';q='));
  const weight = (name: string): number | undefined => {
    const coding = codings.find(([candidate]) => candidate === name);
    return coding && Number(coding[1] ?? 1);
  };
  return (weight('gzip') ?? weight('*') ?? 0) > 0;
}
