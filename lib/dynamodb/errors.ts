import type { Deadline } from '../runtime/deadline.ts';
import { deadlineExceeded } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';

/** How soon a table that pushes back is worth another try, in milliseconds. */
const retryDelayMs = 1000;

/**
 * Runs one DynamoDB call under a deadline, and turns its failure into a Status: DEADLINE_EXCEEDED where time ran out,
 * UNAVAILABLE where the table was throttled or could not be reached after the SDK's own retries, INTERNAL where the
 * call itself was wrong (a missing table, a missing right).
 */
export async function callDynamoDb<T>(
  deadline: Deadline,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  deadline.check();
  try {
    return await call(deadline.signal);
  } catch (error) {
    if (deadline.remainingMs() === 0) throw deadlineExceeded(error);
    deadline.check();
    if (isOurFault(error)) throw error;
    throw new Status('STORE_UNAVAILABLE', 'the job table cannot be reached at the moment', {
      details: [{ type: 'RetryInfo', retryDelayMs }],
      cause: error,
    });
  }
}

/** Answers that another try cannot change: a refused or malformed call, a table that is not there, an endpoint of something else. */
const permanentFailures = new Set([
  'AccessDeniedException',
  'AnswerTooLargeError',
  'ConditionalCheckFailedException',
  'CredentialsProviderError',
  'EndpointError',
  'InvalidSignatureException',
  'ResourceNotFoundException',
  'SerializationException',
  'UnrecognizedClientException',
  'ValidationException',
]);

function isOurFault(error: unknown): boolean {
  return !(error instanceof Error) || permanentFailures.has(error.name);
}
