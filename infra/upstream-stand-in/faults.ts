import type { Code } from '../../lib/runtime/status.ts';

/** At most so many calls of Get and List together within any second, or any minute. */
export type Quota = { readonly callsPerSecond: number } | { readonly callsPerMinute: number };

/** What is wrong upstream. Every field may be set at any time, and counts from then on. */
export interface Faults {
  /** Calls beyond it are answered RESOURCE_EXHAUSTED, with a RetryInfo. */
  quota: Quota | undefined;
  /** The share of calls that fail, 0 to 1: exactly so many of every hundred. */
  failRate: number;
  /** What calls fail with. */
  failCode: Code;
  /** Calls are taken and never answered: they end by their own deadline. */
  stall: boolean;
  /** How long an answer takes to come back, in real milliseconds; it says what was so when the call arrived. */
  latencyMs: number;
  /** Connections are closed, those that are open and those that come. */
  down: boolean;
  /** The share of notices that nobody gets, 0 to 1. */
  loseNotices: number;
  /** The share of notices that are delivered twice, 0 to 1. */
  duplicateNotices: number;
  /** The longest that a notice is late, in milliseconds; most are less late. */
  delayNotices: number;
  /** Late notices overtake one another; otherwise each waits for those before it. */
  shuffle: boolean;
  readonly iam: IamFaults;
}

export interface IamFaults {
  /** The token service and the metadata service close every connection, and answer UNAVAILABLE over gRPC. */
  down: boolean;
  /** Requests are taken and never answered. */
  stall: boolean;
  /** Every exchange is refused, whatever key it is signed with. */
  refuse: boolean;
  /** How long tokens live, in milliseconds; upstream's 12 hours unless set. */
  expiresInMs: number | undefined;
  /** How far the token service's clock is ahead, in milliseconds; behind where negative. */
  clockAheadMs: number;
}

export function noFaults(): Faults {
  return {
    quota: undefined,
    failRate: 0,
    failCode: 'UNAVAILABLE',
    stall: false,
    latencyMs: 0,
    down: false,
    loseNotices: 0,
    duplicateNotices: 0,
    delayNotices: 0,
    shuffle: false,
    iam: { down: false, stall: false, refuse: false, expiresInMs: undefined, clockAheadMs: 0 },
  };
}
