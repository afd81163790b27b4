/** Errors that no use case handled: bugs, and events that are not of the kind that a function takes. */
import type { MiddlewareObj } from '@middy/core';
import { toStatus } from '../runtime/status.ts';
import { describeError, type Log } from '../telemetry/log.ts';

/**
 * Middleware: writes one log line for an error that ends an invocation, and leaves the error as it is. What no other
 * middleware answers ends in Lambda, which counts the error, and does what is right for each kind of event: a batch of
 * SQS comes again as a whole, and who invoked the function by hand is told.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function escapedErrors(log: Log): MiddlewareObj {
  return {
    onError({ error, context }) {
      const { code, message, cause } = toStatus(error);
      const fields = {
        requestId: context.awsRequestId,
        code,
        reason: message,
        cause: cause === undefined ? undefined : describeError(cause),
      };
      log('error', 'error escaped', fields, {
        values: { Errors: 1 },
        by: { metric: 'Errors', dimension: 'Code', value: code },
      });
    },
  };
}
