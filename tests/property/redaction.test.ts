import { create, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jobToJson, jobType } from '../../lib/job/job-type.ts';
import { normalForm } from '../../lib/protobuf/normal-form.ts';
import { removeSecrets } from '../../lib/job/redaction.ts';
import { redactionMark } from '../../lib/job/strike-out.ts';
import { WireWriter } from '../../lib/protobuf/wire.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { descMessage, jobDesc } from '../support/job-descriptors.ts';

const secret = 'hunter2-Ünïcode';

/** `job_parameters.env.docker_image_spec` with a password, as one record of a Job. */
function passwordRecord(password: string | Uint8Array): Uint8Array {
  const spec = new WireWriter().lengthDelimited(3, Buffer.from(password as string)).finish();
  const env = new WireWriter().lengthDelimited(3, spec).finish();
  const parameters = new WireWriter().lengthDelimited(6, env).finish();
  return new WireWriter().lengthDelimited(10, parameters).finish();
}

const contains = (bytes: Uint8Array, text: string): boolean => Buffer.from(bytes).includes(text);

function withPassword(password: string, config: string): Uint8Array {
  const dockerImageSpec = create(descMessage('DockerImageSpec'), {
    imageUrl: 'registry.example.org/a',
    username: 'puller',
    password: { case: 'passwordPlainText', value: password },
  });
  const env = create(descMessage('Environment'), {
    vars: { TOKEN: `x${password}y`, [password]: '1' },
    dockerImage: { case: 'dockerImageSpec', value: dockerImageSpec },
  });
  const jobParameters = create(descMessage('JobParameters'), { cmd: `login ${password}`, env });
  return toBinary(jobDesc, create(jobDesc, { id: 'j', projectId: 'p', config, jobParameters }));
}

describe('removeSecrets', () => {
  it('removes the password and strikes its value out of every other text of the job', () => {
    const job = removeSecrets(withPassword(secret, `password: ${secret}\nagain: ${secret}`));
    expect(contains(job, secret)).toBe(false);
    expect(JSON.parse(jobToJson(job))).toEqual({
      id: 'j',
      projectId: 'p',
      config: `password: ${redactionMark}\nagain: ${redactionMark}`,
      jobParameters: {
        cmd: `login ${redactionMark}`,
        env: {
          vars: { TOKEN: `x${redactionMark}y`, [redactionMark]: '1' },
          dockerImageSpec: { imageUrl: 'registry.example.org/a', username: 'puller' },
        },
      },
    });
  });

  it('finds it wherever and however often it stands on the wire', () => {
    fc.assert(
      fc.property(
        arbitraryJob({ plain: false, unknownFields: true }),
        fc.integer({ min: 1, max: 3 }),
        (job, times) => {
          const unknown = new WireWriter().lengthDelimited(900, Buffer.from(`<${secret}>`)).finish();
          const group = Buffer.concat([Uint8Array.of(0xa3, 0x38), unknown, Uint8Array.of(0xa4, 0x38)]);
          const records = Array.from({ length: times }, () => passwordRecord(secret));
          const config = new WireWriter().lengthDelimited(7, Buffer.from(`a${secret}${secret}b`)).finish();
          const clean = removeSecrets(
            Buffer.concat([config, passwordRecord('another'), job, unknown, group, ...records]),
          );
          expect(contains(clean, secret)).toBe(false);
          expect(JSON.stringify(toJson(jobDesc, fromBinary(jobDesc, clean)))).not.toContain(
            'passwordPlainText',
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['in a JSON text', 'say "pässword" \\ now', (text: string) => JSON.stringify(text)],
    ['in YAML, in single quotes', "it's-a-secret", (text: string) => text.replaceAll("'", "''")],
    ['in a shell, in single quotes', "it's-a-secret", (text: string) => text.replaceAll("'", "'\\''")],
    ['in a URL', 'p@ss/word:1 ö', encodeURIComponent],
    ['in a URL, in lower case', 'p@ss/word:1', () => 'p%40ss%2fword%3a1'],
    ['in a query', 'p@ss word:1', (text: string) => new URLSearchParams({ text }).toString().slice(5)],
  ])('strikes out a copy as it is written %s', (_, password, write) => {
    const config = `before ${write(password)} after`;
    const job = removeSecrets(withPassword(password, config));
    expect(JSON.parse(jobToJson(job))).toMatchObject({
      config: `before ${write(password).startsWith('"') ? `"${redactionMark}"` : redactionMark} after`,
    });
  });

  it('leaves no end of a secret beside the mark of another, or of itself', () => {
    const records = [passwordRecord('abcdefgh'), passwordRecord('ghijklmn'), passwordRecord('xyzxyz')];
    const config = new WireWriter()
      .lengthDelimited(7, Buffer.from('<abcdefghijklmn> <xyzxyzxyzxyz>'))
      .finish();
    const job = removeSecrets(Buffer.concat([config, ...records]));
    expect(JSON.parse(jobToJson(job))).toMatchObject({
      config: `<${redactionMark}> <${redactionMark}>`,
    });
  });

  it('finds a secret that readers do not look at, as another arm of its oneof comes after it', () => {
    const named = new WireWriter().lengthDelimited(4, Buffer.from('secret-name')).finish();
    const environments = [
      new WireWriter().lengthDelimited(3, named).finish(),
      new WireWriter().lengthDelimited(2, Buffer.from('image-id')).finish(),
    ];
    for (const environment of environments) {
      const parameters = new WireWriter().lengthDelimited(6, environment).finish();
      const later = new WireWriter().lengthDelimited(10, parameters).finish();
      const config = new WireWriter().lengthDelimited(7, Buffer.from(`password: ${secret}`)).finish();
      const job = normalForm(jobType, removeSecrets(Buffer.concat([config, passwordRecord(secret), later])));
      expect(contains(job, secret)).toBe(false);
    }
  });

  it('keeps times whole, though their bytes look like a secret', () => {
    const created = new WireWriter().varint(8).varint(1_795_435_200).varint(16).varint(5).finish();
    const record = new WireWriter().lengthDelimited(4, created).finish();
    const job = removeSecrets(Buffer.concat([record, passwordRecord(created)]));
    expect(() => jobToJson(job)).not.toThrow();
  });

  it('replaces the values of environment variables with the setting, and strikes out their copies', () => {
    const job = withPassword('another-one', 'TOKEN=xanother-oney and 1');
    expect(JSON.parse(jobToJson(removeSecrets(job, { envValues: true })))).toMatchObject({
      config: `TOKEN=${redactionMark} and 1`,
      jobParameters: { env: { vars: { TOKEN: redactionMark, [redactionMark]: redactionMark } } },
    });
    expect(JSON.parse(jobToJson(removeSecrets(job)))).toMatchObject({
      jobParameters: { env: { vars: { TOKEN: `x${redactionMark}y`, [redactionMark]: '1' } } },
    });
  });

  it('changes nothing more when it is done again', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), fc.boolean(), (job, envValues) => {
        const once = removeSecrets(Buffer.concat([job, passwordRecord(secret)]), { envValues });
        expect(Buffer.from(removeSecrets(once, { envValues })).equals(Buffer.from(once))).toBe(true);
      }),
    );
  });

  it('refuses a job with more secrets than can be looked for', () => {
    const many = Array.from({ length: 501 }, (_, index) => passwordRecord(`password-${index}`));
    expect(() => removeSecrets(Buffer.concat(many))).toThrow('holds more than 500 secrets');
    expect(removeSecrets(Buffer.concat(many.slice(1)))).toBeDefined();
  });

  it('gives a job without a password back as it is', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), (job) => {
        fc.pre(!JSON.stringify(toJson(jobDesc, fromBinary(jobDesc, job))).includes('passwordPlainText'));
        expect(removeSecrets(job)).toBe(job);
      }),
    );
  });

  it('removes a short password, and leaves alone the ordinary text that it equals', () => {
    const job = removeSecrets(withPassword('abc', 'abc is the alphabet'));
    expect(contains(job, 'abc is the alphabet')).toBe(true);
    expect(jobToJson(job)).not.toContain('passwordPlainText');
  });

  it('never strikes out an identity that others look the job up by', () => {
    const id = Buffer.from('bt1aaaaaaaaaaaaaaaaa');
    const job = Buffer.concat([
      new WireWriter().lengthDelimited(1, id).finish(),
      passwordRecord(id.toString()),
    ]);
    expect(JSON.parse(jobToJson(removeSecrets(job)))).toMatchObject({
      id: id.toString(),
    });
  });
});
