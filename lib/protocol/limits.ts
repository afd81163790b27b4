/** What a call may have, whatever method it is of; docs/limits.md lists these with all other limits. */
import type { Method } from '../rpc/method.ts';
import { requestSizeLimit, requestSizeLimitOf } from '../rpc/request-size.ts';

/** The longest that a unary call may take, in milliseconds, whatever its caller allows. */
export const longestCallMs = 10_000;

/** The most bytes that the body of an HTTP request may have, unless its method has larger requests. */
export const httpBodySizeLimit = 2 * requestSizeLimit;

/** Room for the largest request of a method in a frame, in base64 with breaks. */
export function httpBodySizeLimitOf(method: Method): number {
  return 2 * requestSizeLimitOf(method);
}
