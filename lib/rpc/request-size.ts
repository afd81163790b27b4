import { Status } from '../runtime/status.ts';
import type { Method } from './method.ts';

/** The most bytes that an encoded request may have, unless its method says otherwise: a job id takes 66. */
export const requestSizeLimit = 4096;

export function requestSizeLimitOf(method: Method): number {
  return method.requestSizeLimit ?? requestSizeLimit;
}

/** @throws {Status} RESOURCE_EXHAUSTED if a request is larger than its method allows */
export function checkRequestSize(size: number, method: Method): void {
  const limit = requestSizeLimitOf(method);
  if (size > limit) throw requestTooLarge(size, limit);
}

/** @returns RESOURCE_EXHAUSTED for a request that is larger than it may be */
export function requestTooLarge(size: number, limit: number): Status {
  return new Status('REQUEST_TOO_LARGE', `the request has ${size} bytes; at most ${limit} are allowed`);
}
