/** The JSON writer, against the one of `@bufbuild/protobuf`. */
import { deepStrictEqual } from 'node:assert';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { jobToJson } from '../../../lib/job/job-type.ts';
import { jobDesc } from '../../support/job-descriptors.ts';
import { isWellTyped } from './well-typed.ts';
import { expectedOnly } from './expected-only.ts';

/** What is written parses; and it is what the other writer gives, whenever that one accepts the bytes, and rightly. */
export function fuzz(data: Uint8Array): void {
  const written = expectedOnly(['MalformedMessageError'], () => JSON.parse(jobToJson(data)) as unknown);
  let expected: unknown;
  try {
    expected = toJson(jobDesc, fromBinary(jobDesc, data));
  } catch {
    return;
  }
  if (isWellTyped(jobDesc, data)) deepStrictEqual(written, expected);
}
