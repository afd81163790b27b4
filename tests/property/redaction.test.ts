import { create, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jobToJson } from '../../lib/job/json.ts';
import { redactionMark, removePlainTextPassword } from '../../lib/job/redaction.ts';
import { WireWriter } from '../../lib/job/wire.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { descMessage, jobDesc } from '../support/job-descriptors.ts';

const secret = 'hunter2-Ünïcode';

/** `job_parameters.env.docker_image_spec` with a password, as one record of a Job. */
function passwordRecord(password: string): Uint8Array {
  const spec = new WireWriter().lengthDelimited(3, Buffer.from(password)).finish();
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

describe('removePlainTextPassword', () => {
  it('removes the password and strikes its value out of every other text of the job', () => {
    const job = removePlainTextPassword(withPassword(secret, `password: ${secret}\nagain: ${secret}`));
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
          const clean = removePlainTextPassword(
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

  it('gives a job without a password back as it is', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), (job) => {
        fc.pre(!JSON.stringify(toJson(jobDesc, fromBinary(jobDesc, job))).includes('passwordPlainText'));
        expect(removePlainTextPassword(job)).toBe(job);
      }),
    );
  });

  it('removes a short password, and leaves alone the ordinary text that it equals', () => {
    const job = removePlainTextPassword(withPassword('abc', 'abc is the alphabet'));
    expect(contains(job, 'abc is the alphabet')).toBe(true);
    expect(jobToJson(job)).not.toContain('passwordPlainText');
  });

  it('never strikes out an identity that others look the job up by', () => {
    const id = Buffer.from('bt1aaaaaaaaaaaaaaaaa');
    const job = Buffer.concat([
      new WireWriter().lengthDelimited(1, id).finish(),
      passwordRecord(id.toString()),
    ]);
    expect(JSON.parse(jobToJson(removePlainTextPassword(job)))).toMatchObject({
      id: id.toString(),
    });
  });
});
