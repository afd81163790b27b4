import type { TokenSource } from './token-source.ts';

/** A token that was given and is never renewed, such as one of `yc iam create-token` for a try. */
export function givenToken(token: string): TokenSource {
  const trimmed = token.trim();
  return {
    token: () => Promise.resolve(trimmed),
    // There is no other.
    invalidate: () => undefined,
  };
}
