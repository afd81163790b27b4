import { randomBytes } from 'node:crypto';

/**
 * Names one write of a head. The name begins with the time in milliseconds, in thirteen digits, so that the sort keys of
 * parts are in the order of their age and come before `head`.
 *
 * @param nonce tells apart the writes of one millisecond
 */
export function newGeneration(now: Date, nonce: string = randomNonce()): string {
  return `${String(now.getTime()).padStart(13, '0')}-${nonce}`;
}

export function randomNonce(): string {
  return randomBytes(6).toString('base64url');
}

/** Sort key of one part of a generation. */
export function partKey(generation: string, index: number): string {
  return `${generation}/${String(index).padStart(4, '0')}`;
}

/** The generation that a part belongs to. */
export function generationOf(part: string): string {
  return part.slice(0, part.lastIndexOf('/'));
}

/** A sort key above those of all parts that were written before a moment. */
export function partKeysBefore(moment: Date): string {
  return String(moment.getTime()).padStart(13, '0');
}
