/** The faults that the stand-in can have. */
import type { Code } from '../../lib/runtime/status.ts';

/** The most calls of Get and List together within any second, or any minute. */
export type Quota = { readonly callsPerSecond: number } | { readonly callsPerMinute: number };

/** What is wrong upstream. Every field may be set at any time, and takes effect at once. */
export interface Faults {
  /** Calls beyond it are answered RESOURCE_EXHAUSTED, with a RetryInfo. */
  quota: Quota | undefined;
  /** The share of calls that fail, 0 to 1, exact in every hundred. */
  failRate: number;
  /** The code of the calls that fail. */
  failCode: Code;
  /** Calls arrive and are never answered, so their own deadlines end them. */
  stall: boolean;
  /** How long an answer is held back, in real milliseconds. It says what was true when the call arrived. */
  latencyMs: number;
  /** Every open and every new connection is closed. */
  down: boolean;
  /** The share of notices that are lost, 0 to 1. */
  loseNotices: number;
  /** The share of notices that are delivered twice, 0 to 1. */
  duplicateNotices: number;
  /** The longest delay of a notice, in milliseconds. Most are delayed less. */
  delayNotices: number;
  /** If true, delayed notices overtake one another. If not, each waits for those before it. */
  shuffle: boolean;
  readonly iam: IamFaults;
}

export interface IamFaults {
  /** The token service and the metadata service close every connection, and answer UNAVAILABLE over gRPC. */
  down: boolean;
  /** Requests arrive and are never answered. */
  stall: boolean;
  /** Every exchange is refused, with any key. */
  refuse: boolean;
  /** The lifetime of tokens, in milliseconds; 12 hours as upstream unless set. */
  expiresInMs: number | undefined;
  /** How far the clock of the token service is ahead, in milliseconds; negative if it is behind. */
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
