import { status as grpcStatus, type StatusObject } from '@grpc/grpc-js';
import { codeNumbers, type Code } from '../runtime/status.ts';
import { readRetryDelayMs } from './retry-delay.ts';
import { withoutSecrets } from '../iam/without-secrets.ts';

/**
 * How one attempt at upstream failed. It is the `cause` of the Status that the caller gets, so its message, which is
 * upstream's, goes to the log only; no token is in it.
 */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  /** What upstream said, or what grpc-js makes of a connection that failed. */
  readonly code: Code;
  /** How long upstream asks to be left alone, in milliseconds. */
  readonly retryDelayMs: number | undefined;
  /** Whether it is what grpc-js says of the connection and not what upstream said. */
  readonly connectionBroke: boolean;
  /** Whether there was an answer, which has more bytes than are taken. */
  readonly tooLarge: boolean;

  /** @param token the one that was sent, to be struck out */
  constructor(error: StatusObject, token: string | undefined) {
    super(withoutSecrets(error.details, token));
    this.code = codesByNumber.get(error.code) ?? 'UNKNOWN';
    this.retryDelayMs = readRetryDelayMs(error.metadata);
    this.connectionBroke = error.details.startsWith('Received RST_STREAM');
    this.tooLarge =
      error.code === grpcStatus.RESOURCE_EXHAUSTED &&
      /^Received message (larger|that dec)/.test(error.details);
  }
}

const codesByNumber: ReadonlyMap<number, Code> = new Map(
  Object.entries(codeNumbers).map(([name, number]) => [number, name as Code]),
);
