import { isLoopback } from '../runtime/loopback.ts';

/**
 * The base URL of a token service.
 *
 * @throws {Error} where it is none, or what is sent there could be read on the way
 */
export function checkTokenUrl(endpoint: string): URL {
  const url = URL.parse(endpoint);
  if (url === null) throw new Error(`the endpoint for tokens, ${endpoint}, is no URL`);
  if (url.protocol !== 'https:' && !isLoopback(url.hostname))
    throw new Error(`the endpoint for tokens, ${endpoint}, is to begin with https://`);
  return url;
}
