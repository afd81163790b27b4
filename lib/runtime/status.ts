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
 * Every reason why a request or a message fails, with its code. Programs tell failures apart by the reason: it stays the
 * same when a message is reworded, and several reasons share one code. docs/api.md lists those that callers get.
 *
 * @see https://google.aip.dev/193#errorinfo
 */
export const reasons = {
  // What was asked for.
  INVALID_FIELD: 'INVALID_ARGUMENT',
  CREDENTIALS_MISSING: 'UNAUTHENTICATED',
  CREDENTIALS_EXPIRED: 'UNAUTHENTICATED',
  CREDENTIALS_REFUSED: 'UNAUTHENTICATED',
  JOB_NOT_FOUND: 'NOT_FOUND',
  PATH_NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SERVED: 'UNIMPLEMENTED',
  HTTP_METHOD_NOT_ALLOWED: 'UNIMPLEMENTED',
  COMPRESSION_NOT_SUPPORTED: 'UNIMPLEMENTED',
  REVISION_NOT_REFLECTED: 'UNAVAILABLE',
  // How much of it.
  REQUEST_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  METADATA_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  RESPONSE_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  RESPONSES_NOT_READ: 'RESOURCE_EXHAUSTED',
  OVERLOADED: 'RESOURCE_EXHAUSTED',
  // Time.
  CALL_CANCELLED: 'CANCELLED',
  DEADLINE_EXCEEDED: 'DEADLINE_EXCEEDED',
  // What this service stands on.
  KEY_SET_UNAVAILABLE: 'UNAVAILABLE',
  STORE_UNAVAILABLE: 'UNAVAILABLE',
  JOB_CHANGES_TOO_FAST: 'UNAVAILABLE',
  DOCUMENT_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  // The credentials of this service itself, unlike those of its callers.
  SERVICE_TOKEN_UNAVAILABLE: 'UNAVAILABLE',
  SERVICE_CREDENTIALS_REFUSED: 'FAILED_PRECONDITION',
  UPSTREAM_NOT_CONFIGURED: 'FAILED_PRECONDITION',
  UPSTREAM_UNAVAILABLE: 'UNAVAILABLE',
  UPSTREAM_THROTTLED: 'UNAVAILABLE',
  UPSTREAM_QUOTA_USED_UP: 'UNAVAILABLE',
  UPSTREAM_NOT_FOUND: 'NOT_FOUND',
  UPSTREAM_REQUEST_REFUSED: 'INVALID_ARGUMENT',
  UPSTREAM_PERMISSION_DENIED: 'FAILED_PRECONDITION',
  UPSTREAM_PRECONDITION_FAILED: 'FAILED_PRECONDITION',
  UPSTREAM_METHOD_NOT_SERVED: 'FAILED_PRECONDITION',
  UPSTREAM_RESPONSE_TOO_LARGE: 'RESOURCE_EXHAUSTED',
  UPSTREAM_RESPONSE_UNUSABLE: 'DATA_LOSS',
  // A bug of ours.
  INTERNAL: 'INTERNAL',
} as const satisfies Readonly<Record<string, Code>>;

/** Why something failed, such as `JOB_NOT_FOUND`. */
export type Reason = keyof typeof reasons;

/**
 * One of google.rpc's standard error details. RequestInfo and ErrorInfo are not among them: every error gets those when it
 * is rendered.
 *
 * @see https://google.aip.dev/193#error-details
 */
export type StatusDetail =
  | {
      readonly type: 'BadRequest';
      readonly fieldViolations: readonly { readonly field: string; readonly description: string }[];
    }
  | { readonly type: 'RetryInfo'; readonly retryDelayMs: number };

/** The same symbol in every bundle, and in every copy of this module. */
const brand = Symbol.for('datasphere-job-cache.Status');

/**
 * The one error that a caller gets to see: a reason with its google.rpc code, a message for people, and details for
 * programs. It is raised anywhere and rendered only in `protocol/`. `cause` goes to the log and never to the caller.
 *
 * Several bundles ship, each with a class of its own, so `instanceof` is false across them: ask `isStatus`.
 *
 * @example
 * throw new Status('JOB_NOT_FOUND', 'job bt1a2b3c was not found');
 */
export class Status extends Error {
  override readonly name = 'Status';
  readonly reason: Reason;
  readonly code: Code;
  readonly details: readonly StatusDetail[];
  readonly [brand] = true;

  constructor(
    reason: Reason,
    message: string,
    options: { details?: readonly StatusDetail[]; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.code = reasons[reason];
    this.details = options.details ?? [];
  }
}

/** Whether an error is a Status, whichever bundle raised it. */
export function isStatus(error: unknown): error is Status {
  return typeof error === 'object' && error !== null && brand in error;
}

/**
 * INVALID_ARGUMENT with the BadRequest detail that names the field.
 *
 * @param field path of the field as the caller knows it, such as `job_id`
 * @param description what is wrong with it, and what would be right
 */
export function invalidArgument(field: string, description: string): Status {
  return new Status('INVALID_FIELD', `${field}: ${description}`, {
    details: [{ type: 'BadRequest', fieldViolations: [{ field, description }] }],
  });
}

/** What a failure looks like from outside: a Status as it is, anything else as INTERNAL with a fixed message. */
export function toStatus(error: unknown): Status {
  return isStatus(error) ? error : new Status('INTERNAL', 'internal error', { cause: error });
}
