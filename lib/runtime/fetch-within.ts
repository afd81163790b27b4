import { Deadline } from './deadline.ts';

/**
 * Fetches something, and reads it, in a limited time. A redirect is a failure: addresses are settings, and nobody else's
 * to choose.
 *
 * @param timeoutMs how long both may take together, in milliseconds
 * @param read makes of the answer what is wanted
 * @throws {Status} DEADLINE_EXCEEDED where that is not enough, and whatever `fetch` and `read` throw
 */
export function fetchWithin<T>(
  timeoutMs: number,
  url: URL,
  init: RequestInit,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(timeoutMs);
  const work = async (): Promise<T> =>
    read(await fetch(url, { ...init, redirect: 'error', signal: deadline.signal }));
  // fetch may lose its signal to the garbage collector: https://github.com/nodejs/undici/pull/4984
  return deadline.wait(work());
}

/**
 * The text of an answer.
 *
 * @param sizeLimit the most bytes that it may have
 * @param what its name for people, such as `the key set`
 * @throws {Error} where it has more
 */
export async function readText(response: Response, sizeLimit: number, what: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > sizeLimit) throw new Error(`${what} has more than ${sizeLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
