import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import fc from 'fast-check';
import { jobToJson, jobType } from '../../lib/job/job-type.ts';
import { normalForm } from '../../lib/protobuf/normal-form.ts';
import { joinFields, splitFields } from '../../lib/protobuf/wire.ts';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { jobDesc } from '../support/job-descriptors.ts';

const { Job } = sdk.jobs;

describe("the official client's codec", () => {
  it('reads what is stored, and writes what is read as the same JSON, on 1,000 random jobs', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: true }), (job) => {
        const stored = joinFields(splitFields(job));
        const reencoded = Job.encode(Job.decode(stored)).finish();
        expect(JSON.parse(jobToJson(reencoded))).toEqual(JSON.parse(jobToJson(stored)));
        expect(Job.toJSON(Job.decode(normalForm(jobType, reencoded)))).toEqual(Job.toJSON(Job.decode(job)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('@bufbuild/protobuf', () => {
  it('reads from stored bytes, with int64 beyond 2^53, nanoseconds and unknown fields, what it wrote', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false, unknownFields: true }), (job) => {
        const stored = joinFields(splitFields(job));
        expect(toBinary(jobDesc, fromBinary(jobDesc, stored))).toEqual(
          toBinary(jobDesc, fromBinary(jobDesc, job)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('finds in the normal form of a job all that it knows of the job', () => {
    fc.assert(
      fc.property(arbitraryJob({ plain: false }), (job) => {
        const known = fromBinary(jobDesc, job, { readUnknownFields: false });
        expect(fromBinary(jobDesc, normalForm(jobType, job))).toEqual(create(jobDesc, known));
      }),
      { numRuns: 1000 },
    );
  });
});
