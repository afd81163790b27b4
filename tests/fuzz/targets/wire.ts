/** The wire splitter, and the normal form. */
import { deepStrictEqual } from 'node:assert';
import { normalForm } from '../../../lib/protobuf/normal-form.ts';
import { jobType } from '../../../lib/job/job-type.ts';
import { joinFields, splitFields, type Fields } from '../../../lib/protobuf/wire.ts';
import { expectedOnly } from './expected-only.ts';

/** What is split can be joined again, losing no byte, and then splits the same; a normal form is its own. */
export function fuzz(data: Uint8Array): void {
  expectedOnly(['MalformedMessageError'], () => {
    const fields = splitFields(data);
    const joined = joinFields(fields);
    deepStrictEqual(joined.length, data.length);
    const bytesOf = (split: Fields): unknown =>
      [...split].map(([number, bytes]) => [number, Buffer.from(bytes)]);
    deepStrictEqual(bytesOf(splitFields(joined)), bytesOf(fields));
  });
  expectedOnly(['MalformedMessageError'], () => {
    const normal = normalForm(jobType, data);
    deepStrictEqual(Buffer.from(normalForm(jobType, normal)), Buffer.from(normal));
  });
}
