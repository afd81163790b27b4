import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRequestSigner, type SignableRequest } from '../../lib/dynamodb/client/signer.ts';

const text = fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/);
const credentials = fc.record(
  { accessKeyId: text, secretAccessKey: text, sessionToken: text },
  { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
);
const call = fc.record({
  credentials,
  region: fc.constantFrom('eu-central-1', 'us-east-1'),
  signingDate: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
  hostname: fc.domain(),
  port: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
  body: fc.oneof(fc.json(), fc.string({ unit: 'grapheme' }), fc.uint8Array()),
  target: fc.constantFrom('DynamoDB_20120810.GetItem', 'DynamoDB_20120810.PutItem'),
  path: fc
    .array(
      fc.oneof(
        fc.constantFrom('', '.', '..', '%2F', '%2e%2E', "!'()*", 'ru-central1', 'b1g4abc'),
        fc.string({ unit: 'grapheme', maxLength: 6 }),
      ),
      { maxLength: 5 },
    )
    .map((segments) => new URL(`https://host/${segments.join('/')}`).pathname),
});

type Call = Omit<SignableRequest, 'headers' | 'method'> & { readonly target: string };

function requestOf({ hostname, port, path, body, target }: Call) {
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target, host };
  return { method: 'POST', protocol: 'https:', hostname, port, path, query: {}, headers, body };
}

describe('the request signer', () => {
  it('signs every request to every path as the SDK\u2019s own signer does, with one key after another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 4 }), async (calls) => {
        for (const one of calls) {
          const { region, signingDate } = one;
          const client = new DynamoDBClient({ region, credentials: one.credentials });
          const theirs = await client.config.signer({ name: 'sigv4', signingName: 'dynamodb' } as never);
          const expected = await theirs.sign(requestOf(one) as never, { signingDate });
          const ours = createRequestSigner({
            credentials: () => Promise.resolve(one.credentials),
            region: () => Promise.resolve(region),
            service: 'dynamodb',
          });
          // Twice: the second time with the key that was kept.
          for (let time = 0; time < 2; time++) {
            const signed = await ours.authorize(requestOf(one), { signingDate });
            expect(signed.headers).toEqual(expected.headers);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never signs with the key of another day, region or secret', async () => {
    let current = { secretAccessKey: 's1', region: 'eu-central-1', day: '2026-11-23' };
    const signer = createRequestSigner({
      credentials: () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: current.secretAccessKey }),
      region: () => Promise.resolve(current.region),
      service: 'dynamodb',
    });
    const sign = async (): Promise<string> => {
      const request = requestOf({ hostname: 'h', path: '/', body: '{}', target: 't' }) as SignableRequest;
      const signed = await signer.authorize(request, { signingDate: new Date(current.day) });
      return signed.headers['authorization']!.split('Signature=')[1]!;
    };
    const first = await sign();
    for (const change of [{ secretAccessKey: 's2' }, { region: 'us-east-1' }, { day: '2026-11-24' }]) {
      const before = current;
      current = { ...before, ...change };
      expect(await sign()).not.toBe(first);
      current = before;
      expect(await sign()).toBe(first);
    }
  });

  it('refuses to sign what is not a POST with its body at hand', async () => {
    const signer = createRequestSigner({
      credentials: () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 's' }),
      region: () => Promise.resolve('eu-central-1'),
      service: 'dynamodb',
    });
    const request = { method: 'GET', hostname: 'h', path: '/', headers: {} };
    await expect(signer.authorize(request)).rejects.toThrow('only a POST with its body at hand');
  });
});
