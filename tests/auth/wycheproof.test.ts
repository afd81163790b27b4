/**
 * Project Wycheproof's JSON Web Signature vectors, through the door that requests go through. Their payloads are no
 * claims, so a token whose signature is good is refused for that alone, and the cause says so.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { createJwtAuthenticator } from '../../lib/auth/jwt.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { Status } from '../../lib/runtime/status.ts';
import { audience, issuerName, startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly jws: unknown;
  readonly result: 'valid' | 'invalid';
}

interface Group {
  readonly comment: string;
  readonly public?: JWK;
  readonly private: JWK;
  readonly tests: readonly Vector[];
}

const { testGroups, numberOfTests } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../data/wycheproof/json_web_signature_test.json'), 'utf8'),
) as { readonly testGroups: readonly Group[]; readonly numberOfTests: number };

const vectors = testGroups.flatMap((group) => group.tests.map((vector) => ({ ...vector, group })));

describe('Project Wycheproof’s signatures', () => {
  let issuer: TokenIssuer;
  beforeAll(async () => {
    issuer = await startTokenIssuer();
  });
  afterAll(() => issuer.stop());

  it('are all there', () => {
    expect(vectors).toHaveLength(numberOfTests);
  });

  const verdict = async ({ group, jws }: (typeof vectors)[number]): Promise<string> => {
    // The group's key as its issuer would publish it: the secret ones too, so that they are refused for what they are.
    issuer.published = { keys: [group.public ?? group.private] };
    const options = { issuer: issuerName, audience, jwksUri: issuer.jwksUri, projectsClaim: 'project_ids' };
    const authorization = `Bearer ${typeof jws === 'string' ? jws : JSON.stringify(jws)}`;
    const refusal: unknown = await createJwtAuthenticator(options)
      .authenticate({ authorization }, new Deadline(5000))
      .catch((error: unknown) => error);
    if (!(refusal instanceof Status) || refusal.code !== 'UNAUTHENTICATED') return String(refusal);
    return (refusal.cause as { code?: string } | undefined)?.code === 'ERR_JWT_INVALID' ? 'valid' : 'invalid';
  };

  const header = (jws: unknown): { readonly alg?: string } =>
    JSON.parse(Buffer.from(String(jws).split('.')[0]!, 'base64url').toString()) as { alg?: string };

  /** Why a signature is refused though it is good. */
  const refusedOnPurpose = ({ group, jws }: (typeof vectors)[number]): string | undefined => {
    const key = group.public ?? group.private;
    if (key.kty === 'oct') return 'whoever can check it could have made it';
    if (key.alg !== undefined && key.alg !== header(jws).alg) return 'its key is for another algorithm';
    return undefined;
  };
  const ofResult = (result: Vector['result']) => vectors.filter((vector) => vector.result === result);
  const asRows = (some: typeof vectors) =>
    some.map((vector) => [vector.tcId, vector.group.comment, vector.comment, vector] as const);

  it.each(asRows(ofResult('invalid')))('invalid: %i %s %s', async (_id, _group, _comment, vector) => {
    expect(await verdict(vector)).toBe('invalid');
  });

  it.each(asRows(ofResult('valid')))('valid: %i %s %s', async (_id, _group, _comment, vector) => {
    expect(await verdict(vector)).toBe(refusedOnPurpose(vector) === undefined ? 'valid' : 'invalid');
  });

  it('are refused though they are good only where HMAC made them, or where the key is for another algorithm', () => {
    const ids = (reason: string): readonly number[] =>
      ofResult('valid')
        .filter((vector) => refusedOnPurpose(vector) === reason)
        .map(({ tcId }) => tcId);
    expect(ids('whoever can check it could have made it')).toEqual([
      1, 348, 352, 357, 358, 359, 372, 373, 376, 377,
    ]);
    expect(ids('its key is for another algorithm')).toEqual([346, 347, 350, 351]);
    expect(ofResult('valid')).toHaveLength(46);
  });
});
