/** How upstream is called: sizes, times and numbers. */

/**
 * The most bytes of one answer, decompressed: a page of a thousand large jobs, of 60 KB each. A document may have 4 MB,
 * so one Job is always within it.
 */
export const answerSizeLimit = 64 << 20;

/** How long one attempt may take, in milliseconds. A caller of Get waits ten seconds at most, and a second try fits in. */
export const attemptMs = { Get: 4000, List: 20_000 } as const;

/** An attempt that had at least so much time and got no answer says that upstream is down, in milliseconds. */
export const fairAttemptMs = 1000;

/** The most attempts of one call. */
export const attemptLimit = 4;

/** Between the attempts of one call. */
export const retryBackOff = { firstMs: 200, longestMs: 5000 } as const;

/** Calls that may wait for their turn at the same time. */
export const queueLimit = 1000;

/** The longest that all calls are held back because upstream asked for it, in milliseconds; it may err. */
export const longestHoldMs = 60_000;

/** How long it takes from a standstill to the full rate again after upstream throttled, in milliseconds. */
export const recoveryMs = 60_000;

/** The slowest that throttling makes us, as a part of the full rate. */
export const slowestPart = 1 / 16;

/** Failures in a row after which upstream is taken to be down. */
export const failuresUntilDown = 5;

/** How long upstream is left alone while it is down, until one call tries. */
export const downBackOff = { firstMs: 1000, longestMs: 30_000 } as const;

/**
 * The channel of grpc-js.
 *
 * @see https://github.com/grpc/grpc-node/tree/master/packages/grpc-js#supported-channel-options
 */
export const channelOptions = {
  'grpc.max_receive_message_length': answerSizeLimit,
  // Each attempt is one request: it has been counted as one.
  'grpc.enable_retries': 0,
  // A connection that vanished is found while a List waits on it. Servers answer more frequent pings with GOAWAY.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5000,
  // Up to two minutes otherwise, in which each try would fail without having been one.
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2000,
  // A new channel has to have a new connection: lib/upstream/connection.ts.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.primary_user_agent': 'datasphere-job-cache',
} as const;
