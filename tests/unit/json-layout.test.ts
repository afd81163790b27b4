import { describe, expect, it } from '@jest/globals';
import * as generated from '../../lib/protobuf/generated/schema.ts';
import { layoutOf, spareBytes } from '../../lib/protobuf/json-layout.ts';
import { messageToJson } from '../../lib/protobuf/json.ts';
import { messageType } from '../../lib/protobuf/schema.ts';

/** A type with one field. */
function typeOf(name: string, valueName = 'NONE') {
  return messageType({
    package: 't',
    name: 'Message',
    fields: [{ number: 1, name, values: { 1: valueName } }],
  });
}

/** Types that callers get in JSON. */
const answered = Object.values(generated)
  .filter((declaration) => 'fields' in declaration)
  .filter(({ package: name }) => name === 'yandex.cloud.datasphere.v2.jobs');

describe('the layout of a message type', () => {
  it('exists for each type of proto/: no field needs more room than is spare', () => {
    expect(answered.length).toBeGreaterThan(15);
    for (const declaration of answered) layoutOf(messageType(declaration));
  });

  it('is refused, with the name of the field, if its JSON name and a value need more room than is spare', () => {
    const refusal = /^t\.Message\.[nV]+ takes up to \d+ bytes of JSON, more than the 128 that are spare/;
    expect(() => layoutOf(typeOf('n'.repeat(spareBytes)))).toThrow(refusal);
    expect(() => layoutOf(typeOf('n', 'V'.repeat(spareBytes)))).toThrow(refusal);
    expect(() => layoutOf(typeOf('n'.repeat(60), 'V'.repeat(60)))).toThrow(refusal);
  });

  it('has room for the longest value beside the longest name that it takes', () => {
    const type = typeOf('n'.repeat(60), 'V'.repeat(52));
    const json = messageToJson(type, Buffer.from([8, 1]));
    expect(JSON.parse(json)).toEqual({ ['n'.repeat(60)]: 'V'.repeat(52) });
  });
});
