/** A key that is replaced while a process runs, against the token service of the stand-in for upstream. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { iamTokens } from '../../lib/iam/iam-token.ts';
import { tokensOfReplaceableKey } from '../../lib/iam/replaceable-key.ts';
import { parseServiceAccountKey } from '../../lib/iam/service-account-key.ts';
import { startUpstream, type Upstream } from '../../infra/upstream-stand-in/upstream.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream({ seed: 7, projects: ['p1'], clock: 'real' });
});
afterAll(() => upstream.stop());

describe('a key that was revoked', () => {
  it('is read again where it is kept, once half a minute at most, and the new one is used', async () => {
    let secret = JSON.stringify(upstream.serviceAccountKey);
    let reads = 0;
    let nowMs = 0;
    const logged: string[] = [];
    const log = (_: string, message: string): void => void logged.push(message);
    const tokens = await tokensOfReplaceableKey({
      readKey: () => {
        reads++;
        return Promise.resolve(parseServiceAccountKey(secret));
      },
      idOf: ({ keyId }) => keyId,
      tokensOf: (key) => iamTokens({ key, endpoint: upstream.iamUrl, log }),
      log,
      now: () => nowMs,
    });
    const ask = () => tokens.token(new Deadline(20_000));
    const first = await ask();

    upstream.revokeKey(upstream.serviceAccountKey.id);
    tokens.invalidate(first);
    const refused = { code: 'FAILED_PRECONDITION' };
    await expect(ask()).rejects.toMatchObject(refused);
    expect(reads).toBe(1);
    nowMs += 30_000;
    // Nobody has replaced it yet.
    await Promise.all([1, 2].map(() => expect(ask()).rejects.toMatchObject(refused)));
    expect(reads).toBe(2);

    secret = JSON.stringify(await upstream.issueKey());
    await expect(ask()).rejects.toMatchObject(refused);
    nowMs += 30_000;
    expect(await ask()).not.toBe(first);
    expect(reads).toBe(3);
    expect(logged).toContain('the key for upstream was replaced');
  });
});
