/** One call of the table, and what its failure means. */
import type {
  AttributeValue,
  DynamoDBClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import type { CommandImpl } from '@smithy/core/client';
import type { Deadline } from '../runtime/deadline.ts';
import { deadlineExceeded } from '../runtime/deadline.ts';
import { Status } from '../runtime/status.ts';
import type { DynamoDb } from './client/client.ts';

/** A command of the SDK. */
type Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = CommandImpl<
  Input,
  Output,
  DynamoDBClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** How soon a table that pushes back is worth another try, in milliseconds. */
const retryDelayMs = 1000;

/**
 * Makes one call under a deadline.
 *
 * @throws {Status} DEADLINE_EXCEEDED when time ran out; CALL_CANCELLED when the caller has gone; STORE_UNAVAILABLE if the
 *   table was throttled or could not be reached after the SDK's own retries
 * @throws {Error} as the SDK does if the call itself was wrong: a condition that did not hold, a missing table, a missing
 *   right
 */
export async function callDynamoDb<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  client: DynamoDb,
  command: Command<Input, Output>,
  deadline: Deadline,
): Promise<Output> {
  deadline.check();
  try {
    return await client.send(command, { abortSignal: deadline.signal });
  } catch (error) {
    if (deadline.remainingMs() === 0) throw deadlineExceeded(error);
    deadline.check();
    if (isPermanent(error)) throw error;
    throw new Status('STORE_UNAVAILABLE', 'the job table cannot be reached at the moment', {
      details: [{ type: 'RetryInfo', retryDelayMs }],
      cause: error,
    });
  }
}

/** A write whose condition did not hold. */
interface ConditionFailure extends Error {
  /** What the table holds instead, if the call asked for it and the engine gives it. */
  readonly Item?: Record<string, AttributeValue>;
}

/** Whether a write was refused because its condition did not hold. */
export function isConditionFailure(error: unknown): error is ConditionFailure {
  return error instanceof Error && error.name === conditionFailure;
}

const conditionFailure = 'ConditionalCheckFailedException';

/** Errors that another try cannot change: a refused or malformed call, a missing table, an endpoint of something else. */
const permanentFailures = new Set([
  'AccessDeniedException',
  'AnswerTooLargeError',
  conditionFailure,
  'CredentialsProviderError',
  'EndpointError',
  'InvalidSignatureException',
  'ResourceNotFoundException',
  'SerializationException',
  'UnrecognizedClientException',
  'ValidationException',
]);

function isPermanent(error: unknown): boolean {
  return !(error instanceof Error) || permanentFailures.has(error.name);
}
