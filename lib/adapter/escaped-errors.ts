/** Errors that no use case handled: bugs, and events of a kind that the function does not take. */
import type { MiddlewareObj } from '@middy/core';
import { toStatus } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';

/**
 * Middleware: writes one log line for an error that ends an invocation, and leaves the error as it is. If no other
 * middleware answers it, Lambda gets it and counts it. SQS then delivers the whole batch again, and people who invoked
 * the function by hand see the message.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function escapedErrors(log: Log): MiddlewareObj {
  return {
    onError({ error, context }) {
      log(
        'error',
        'error escaped',
        { requestId: context.awsRequestId, ...failureFields(error) },
        {
          values: { Errors: 1 },
          by: { metric: 'Errors', dimension: 'Code', value: toStatus(error).code },
        },
      );
    },
  };
}
