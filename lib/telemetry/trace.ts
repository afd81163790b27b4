/** The trace that a request belongs to, for its log line. Undefined fields are left out of it. */
export interface Trace {
  /** W3C's, 32 hexadecimal digits. */
  readonly traceId: string | undefined;
  /** X-Ray's, such as `1-5759e988-bd862e3fe1be46a994272793`. */
  readonly xrayTraceId: string | undefined;
}

/**
 * Reads the headers `traceparent` and `x-amzn-trace-id`. What is not well-formed is as if it were not there.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function readTrace(traceparent: string | undefined, xray: string | undefined): Trace {
  return {
    traceId:
      traceparent === undefined
        ? undefined
        : /^[\da-f]{2}-(?!0{32})([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(traceparent)?.[1],
    xrayTraceId:
      xray === undefined ? undefined : /(?:^|;)Root=(1-[\da-f]{8}-[\da-f]{24})(?:;|$)/.exec(xray)?.[1],
  };
}
