import type { JSONWebKeySet } from 'jose';
import { Deadline } from '../deadline.ts';

/** How long the issuer's key set may take to come, all of it, in milliseconds. */
const timeoutMs = 2000;

/** The most bytes that a key set may have. Large issuers publish some ten keys of two kilobytes. */
const sizeLimit = 256 * 1024;

/**
 * Reads a JSON Web Key Set from where its issuer publishes it. A redirect is a failure: the address is a setting, and
 * nobody else's to choose.
 *
 * @returns what was read, whatever JSON it is
 * @throws {Error} where it does not come in time, or is too large, or is no JSON
 */
export function fetchJwks(uri: URL): Promise<JSONWebKeySet> {
  const deadline = new Deadline(timeoutMs);
  // fetch may lose its signal to the garbage collector: https://github.com/nodejs/undici/pull/4984
  return deadline.wait(read(uri, deadline.signal));
}

async function read(uri: URL, signal: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(uri, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the key set was answered with HTTP ${response.status}`);
  }
  return JSON.parse(await readText(response)) as JSONWebKeySet;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > sizeLimit) throw new Error(`the key set has more than ${sizeLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
