import type { Deadline } from '../runtime/deadline.ts';
import { toStatus } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import type { TokenSource } from './token-source.ts';

export interface ReplaceableKeyOptions<Key> {
  /** Reads the key; called again where its tokens are refused. */
  readonly readKey: () => Promise<Key>;
  readonly idOf: (key: Key) => string;
  readonly tokensOf: (key: Key) => TokenSource;
  readonly log: Log;
  /** Milliseconds since some moment; the system's clock unless set. */
  readonly now?: () => number;
}

/** The key is read again no sooner than this after it was, in milliseconds. */
const leastWaitMs = 30_000;

/**
 * Tokens for a key that somebody may replace while this process runs, as keys are when they are changed: once the one
 * that is known is refused, the place where it is kept is looked at again.
 *
 * @throws {Error} as reading the key does, the first time
 */
export async function tokensOfReplaceableKey<Key>(options: ReplaceableKeyOptions<Key>): Promise<TokenSource> {
  const { readKey, idOf, tokensOf, log, now = () => performance.now() } = options;
  let key = await readKey();
  let tokens = tokensOf(key);
  let readAtMs = now();
  let reading: Promise<void> | undefined;

  const readAgain = async (): Promise<void> => {
    readAtMs = now();
    try {
      const found = await readKey();
      if (idOf(found) === idOf(key)) return;
      key = found;
      tokens = tokensOf(key);
      log('info', 'the key for upstream was replaced', { keyId: idOf(key) });
    } catch (error) {
      log('warn', 'the key for upstream cannot be read again', failureFields(error));
    }
  };

  return {
    async token(deadline: Deadline) {
      const asked = tokens;
      try {
        return await asked.token(deadline);
      } catch (error) {
        if (toStatus(error).reason !== 'SERVICE_CREDENTIALS_REFUSED') throw error;
        if (reading === undefined && now() - readAtMs >= leastWaitMs)
          reading = readAgain().finally(() => {
            reading = undefined;
          });
        if (reading !== undefined) await deadline.wait(reading);
        if (tokens === asked) throw error;
        return tokens.token(deadline);
      }
    },
    invalidate(token) {
      tokens.invalidate(token);
    },
  };
}
