import { describe, expect, it } from '@jest/globals';
import { packages } from '../../lib/protobuf/generated/schema.ts';
import { layoutOf, spareBytes } from '../../lib/protobuf/json-layout.ts';
import { messageToJson } from '../../lib/protobuf/json.ts';
import { messageType, resolveTypes } from '../../lib/protobuf/schema.ts';

/** A type with one field. */
function typeOf(jsonName: string, valueName = 'NONE') {
  const field = { number: 1, name: 'field', jsonName, kind: 'enum', type: 'Kind' } as const;
  return resolveTypes({ t: { messages: { Message: [field] }, enums: { Kind: { 1: valueName } } } }).get(
    't.Message',
  )!;
}

describe('the layout of a message type', () => {
  it('exists for each type of proto/: no field needs more room than is spare', () => {
    for (const [name, { messages }] of Object.entries(packages))
      for (const message of Object.keys(messages)) layoutOf(messageType(`${name}.${message}`));
  });

  it('is refused, with the name of the field, if its JSON name and a value need more room than is spare', () => {
    const refusal = /^t\.Message\.field takes up to \d+ bytes of JSON, more than the 128 that are spare/;
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
