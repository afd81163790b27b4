import type { JSONWebKeySet } from 'jose';
import { fetchWithin, readText } from '../runtime/fetch-within.ts';

/** How long the issuer's key set may take to come, all of it, in milliseconds. */
const timeoutMs = 2000;

/** The most bytes that a key set may have. Large issuers publish some ten keys of two kilobytes. */
const sizeLimit = 256 * 1024;

/**
 * Reads a JSON Web Key Set from where its issuer publishes it.
 *
 * @returns what was read, whatever JSON it is
 * @throws {Error} where it does not come in time, or is too large, or is no JSON
 */
export function fetchJwks(uri: URL): Promise<JSONWebKeySet> {
  const headers = { accept: 'application/jwk-set+json, application/json' };
  return fetchWithin(timeoutMs, uri, { headers }, async (response) => {
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the key set was answered with HTTP ${response.status}`);
    }
    return JSON.parse(await readText(response, sizeLimit, 'the key set')) as JSONWebKeySet;
  });
}
