import { randomBytes } from 'node:crypto';

/**
 * Names one write of a head. It begins with the time in milliseconds, thirteen digits, so that the sort keys of parts
 * are ordered by age and come before `head`.
 *
 * @param nonce tells writes of one millisecond apart
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

/** A sort key that all parts written before a moment are below. */
export function partKeysBefore(moment: Date): string {
  return String(moment.getTime()).padStart(13, '0');
}
