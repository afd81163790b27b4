/** The field mask parser, and what a mask leaves of a job. */
import { deepStrictEqual } from 'node:assert';
import { jobType } from '../../../lib/job/job-type.ts';
import { applyFieldMask, parseFieldMask } from '../../../lib/protobuf/field-mask.ts';
import { expectedOnly } from './expected-only.ts';

/** A mask in the first line, a job after it. A mask that was applied once changes nothing more. */
export function fuzz(data: Uint8Array): void {
  const bytes = Buffer.from(data);
  const end = bytes.includes(0x0a) ? bytes.indexOf(0x0a) : bytes.length;
  const mask = expectedOnly(['FieldMaskError'], () =>
    parseFieldMask(jobType, bytes.subarray(0, end).toString()),
  );
  if (mask === undefined) return;
  expectedOnly(['MalformedMessageError'], () => {
    const masked = applyFieldMask(mask, bytes.subarray(end + 1));
    deepStrictEqual(Buffer.from(applyFieldMask(mask, masked)), Buffer.from(masked));
  });
}
