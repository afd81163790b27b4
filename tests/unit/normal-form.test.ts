import { describe, expect, it } from '@jest/globals';
import { normalForm } from '../../lib/protobuf/normal-form.ts';
import { jobType } from '../../lib/job/job-type.ts';
import type { Message } from '../../lib/protobuf/schema.ts';
import { WireWriter } from '../../lib/protobuf/wire.ts';

const fieldOf = (type: Message, name: string) => type.fields.find((field) => field.name === name)!;
const environment = fieldOf(fieldOf(jobType, 'job_parameters').message!, 'env').message!;
const vars = fieldOf(environment, 'vars').number;
const entry = (...records: readonly (readonly [number, string | Uint8Array])[]): Uint8Array => {
  const writer = new WireWriter();
  for (const [number, value] of records) writer.lengthDelimited(number, Buffer.from(value));
  return new WireWriter().lengthDelimited(vars, writer.finish()).finish();
};
const plain = entry([1, 'k'], [2, 'v']);

describe('the normal form of a map', () => {
  it.each([
    ['as written by others', plain],
    ['value first', entry([2, 'v'], [1, 'k'])],
    ['a value that was overwritten, and is no text', entry([1, 'k'], [2, Buffer.of(0xff)], [2, 'v'])],
    ['a key that was overwritten', entry([1, 'x'], [1, 'k'], [2, 'v'])],
    ['a field that entries do not have', entry([1, 'k'], [2, 'v'], [3, 'x'])],
    ['an entry that was overwritten', Buffer.concat([entry([1, 'k'], [2, Buffer.of(0xff)]), plain])],
  ])('has the last key and the last value of an entry, and nothing else: %s', (_, written) => {
    expect(Buffer.from(normalForm(environment, written))).toEqual(Buffer.from(plain));
  });

  it('has an empty key or value where an entry has none', () => {
    expect(Buffer.from(normalForm(environment, entry()))).toEqual(Buffer.from(entry([1, ''], [2, ''])));
  });
});
