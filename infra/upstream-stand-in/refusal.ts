import type { Code } from '../../lib/runtime/status.ts';

/** An error that the stand-in answers with, as upstream does: a code and a message, without reasons of ours. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: Code;
  /** When to come again, in milliseconds, if the answer says so. */
  readonly retryDelayMs: number | undefined;

  constructor(code: Code, message: string, retryDelayMs?: number) {
    super(message);
    this.code = code;
    this.retryDelayMs = retryDelayMs;
  }
}
