/** Jobs whose secrets and texts are chosen so that looking for the ones in the others costs as much as it can. */
import { describe, expect, it } from '@jest/globals';
import { removeSecrets } from '../../lib/job/redaction.ts';
import { WireWriter } from '../../lib/protobuf/wire.ts';

/** A Job with a `config`, values of `job_parameters.env.vars`, and `job_parameters.arguments` named like a text. */
function jobOf({
  config = '',
  values = [],
  texts = [],
}: {
  readonly config?: string;
  readonly values?: readonly string[];
  readonly texts?: readonly string[];
}): Buffer {
  const environment = new WireWriter();
  for (const [index, value] of values.entries()) {
    const entry = new WireWriter()
      .lengthDelimited(1, Buffer.from(`NAME${index}`))
      .lengthDelimited(2, Buffer.from(value))
      .finish();
    environment.lengthDelimited(1, entry);
  }
  const parameters = new WireWriter();
  for (const text of texts) parameters.lengthDelimited(2, Buffer.from(text));
  parameters.lengthDelimited(6, environment.finish());
  const job = new WireWriter()
    .lengthDelimited(7, Buffer.from(config))
    .lengthDelimited(10, parameters.finish());
  return Buffer.from(job.finish());
}

const each = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Each near the 1 MB that a message may have. */
const jobs: Readonly<Record<string, Buffer>> = {
  'one repeated byte, and secrets of it': jobOf({
    config: '-'.repeat(900_000),
    values: each(12, (index) => '-'.repeat(6 + index)),
  }),
  'one repeated byte, and as many secrets of it as may be': jobOf({
    config: '-'.repeat(700_000),
    values: each(490, (index) => '-'.repeat(6 + index)),
  }),
  'a secret of half the job, which the other half repeats': jobOf({
    config: 'ab'.repeat(225_000),
    values: ['ab'.repeat(200_000)],
  }),
  'many secrets and many short texts': jobOf({
    values: each(490, (index) => `secret-${index}-value`),
    texts: each(18_000, () => `argument-${'x'.repeat(24)}`),
  }),
  'secrets that are almost found at each byte': jobOf({
    config: `${'a'.repeat(255)}b`.repeat(3400),
    values: each(250, (index) => `${'a'.repeat(6 + index)}c`),
  }),
  'a secret at each byte': jobOf({
    config: 'abcdefgh'.repeat(110_000),
    values: each(8, (index) => `${'abcdefgh'.slice(index)}abcdef`),
  }),
};

function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('looking for secrets', () => {
  it.each(Object.entries(jobs))('takes time and memory of the bytes alone: %s', (_, job) => {
    expect(job.length).toBeGreaterThan(600_000);
    expect(job.length).toBeLessThan(1_000_000);
    const remove = (): Uint8Array => removeSecrets(job, { envValues: true });
    const memoryBefore = process.memoryUsage().rss;
    remove();
    expect((process.memoryUsage().rss - memoryBefore) / 2 ** 20).toBeLessThan(64);
    // The least of three, since other tests run beside it. 10 to 60 ms on a quiet core; when each secret was looked for by
    // itself, it was 1.5 s or the end of the process.
    expect(Math.min(...each(3, () => cpuMsOf(remove)))).toBeLessThan(400);
  });

  it('refuses secrets that are too long together', () => {
    const values = each(499, (index) => `%${index}'"`.repeat(100));
    expect(() => removeSecrets(jobOf({ values }), { envValues: true })).toThrow(
      /^holds secrets of \d+ bytes to search for; at most 524288 are allowed$/,
    );
  });
});
