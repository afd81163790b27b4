/**
 * The canonical error codes by number.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 */
export const codeNumbers = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** A google.rpc.Code other than OK, by name. */
export type Code = keyof typeof codeNumbers;

/**
 * One of google.rpc's standard error details.
 *
 * @see https://google.aip.dev/193#error-details
 */
export type StatusDetail =
  | {
      readonly type: 'BadRequest';
      readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
    }
  | { readonly type: 'RequestInfo'; readonly requestId: string }
  | { readonly type: 'RetryInfo'; readonly retryDelayMs: number };

/**
 * The one error that a caller gets to see: a google.rpc code, a message for people, and details for programs. It is
 * raised anywhere and rendered only in `protocol/`. `cause` goes to the log and never to the caller.
 *
 * @example
 * throw new Status('NOT_FOUND', 'job bt1a2b3c was not found');
 */
export class Status extends Error {
  readonly code: Code;
  readonly details: readonly StatusDetail[];

  constructor(
    code: Code,
    message: string,
    options: { details?: readonly StatusDetail[]; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'Status';
    this.code = code;
    this.details = options.details ?? [];
  }
}

/**
 * INVALID_ARGUMENT with the BadRequest detail that names the field.
 *
 * @param field path of the field as the caller knows it, such as `job_id`
 * @param description what is wrong with it, and what would be right
 */
export function invalidArgument(field: string, description: string): Status {
  return new Status('INVALID_ARGUMENT', `${field}: ${description}`, {
    details: [{ type: 'BadRequest', fieldViolations: [{ field, description }] }],
  });
}

/** What a failure looks like from outside: a Status as it is, anything else as INTERNAL with a fixed message. */
export function toStatus(error: unknown): Status {
  return error instanceof Status ? error : new Status('INTERNAL', 'internal error', { cause: error });
}
