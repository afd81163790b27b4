import type { Code } from '../../lib/runtime/status.ts';

/** An error that the stand-in answers: a code and a message, as upstream does, without one of our reasons. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: Code;
  /** In how many milliseconds to try again, if the answer says so. */
  readonly retryDelayMs: number | undefined;

  constructor(code: Code, message: string, retryDelayMs?: number) {
    super(message);
    this.code = code;
    this.retryDelayMs = retryDelayMs;
  }
}
