import { Status } from '../runtime/status.ts';
import { meaningOf } from './failure-meaning.ts';
import { answerSizeLimit } from './limits.ts';
import type { UpstreamError } from './upstream-error.ts';

/**
 * What the caller gets of the last attempt's failure: our words, with upstream's only as the cause.
 *
 * @param subject what was asked for, such as `job bt1a2b3c`
 * @param options how many attempts were made, and when another call may be worth it, where one is
 */
export function callFailed(
  failure: UpstreamError,
  subject: string,
  {
    attempts = 1,
    retryDelayMs,
  }: { readonly attempts?: number; readonly retryDelayMs?: number | undefined } = {},
): Status {
  const details =
    retryDelayMs === undefined ? [] : [{ type: 'RetryInfo' as const, retryDelayMs: Math.ceil(retryDelayMs) }];
  const message = `${describe(failure, subject)} (${failure.code}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`;
  return new Status(meaningOf(failure).reason, message, { details, cause: failure });
}

function describe({ code, tooLarge }: UpstreamError, subject: string): string {
  if (tooLarge)
    return `upstream's answer on ${subject} has more than ${answerSizeLimit} bytes; a page can be asked for that is smaller`;
  switch (code) {
    case 'NOT_FOUND':
      return `upstream knows of no ${subject}`;
    case 'UNAUTHENTICATED':
      return 'upstream refuses the credentials of this service: the service account or its key may be gone';
    case 'PERMISSION_DENIED':
      return `upstream does not let this service read ${subject}: its service account needs a role in the project`;
    case 'INVALID_ARGUMENT':
    case 'OUT_OF_RANGE':
    case 'FAILED_PRECONDITION':
      return `upstream does not take the request for ${subject}`;
    case 'UNIMPLEMENTED':
      return 'there is no ProjectJobService at the address of upstream';
    case 'RESOURCE_EXHAUSTED':
      return 'upstream takes no more calls for now';
    default:
      return `upstream gave no answer on ${subject}`;
  }
}
