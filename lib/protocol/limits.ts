/** What a request may have, whatever protocol it comes by; docs/limits.md lists these with all other limits. */
import { Status } from '../runtime/status.ts';

/** The most bytes that an encoded GetProjectJobRequest may have: one with an id of 64 characters takes 66. */
export const requestSizeLimit = 4096;

/** The most bytes that the body of an HTTP request may have: the largest request in a frame, in base64 with breaks. */
export const httpBodySizeLimit = 8192;

/** How many Gets one process answers at the same time over HTTP. Lambda gives an instance one at a time. */
export const httpCallLimit = 500;

/** When a call that was refused for want of room is worth another try, in milliseconds. */
export const overloadRetryMs = 1000;

/** @returns RESOURCE_EXHAUSTED for a request that is larger than it may be */
export function requestTooLarge(size: number, limit = requestSizeLimit): Status {
  return new Status('REQUEST_TOO_LARGE', `the request has ${size} bytes; at most ${limit} are allowed`);
}

/** @returns RESOURCE_EXHAUSTED for a call that finds as many others under way as there may be */
export function overloaded(limit: number): Status {
  return new Status('OVERLOADED', `${limit} calls are under way, as many as there may be; try later`, {
    details: [{ type: 'RetryInfo', retryDelayMs: overloadRetryMs }],
  });
}
