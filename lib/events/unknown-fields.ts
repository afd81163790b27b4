import type { Field, Type } from 'protobufjs';
import protobuf from 'protobufjs/light.js';
import { invalidArgument } from '../runtime/status.ts';

const { Enum, MapField, Type: MessageType } = protobuf;

/**
 * How many names in a JSON message, at any depth, its type does not have. They may be left out; the name of an enum
 * value may not, since the field would then be cleared without a word.
 *
 * @throws {Status} INVALID_ARGUMENT naming the field whose value has an unknown name
 */
export function countUnknownFields(type: Type, json: unknown): number {
  if (typeof json !== 'object' || json === null || isWellKnown(type)) return 0;
  let count = 0;
  for (const [name, value] of Object.entries(json)) {
    const field = findField(type, name);
    if (field === undefined) count++;
    else if (!(field instanceof MapField)) count += countInValue(field.resolve(), value);
  }
  return count;
}

function countInValue({ resolvedType, name, parent }: Field, value: unknown): number {
  if (resolvedType instanceof MessageType) {
    const elements = Array.isArray(value) ? (value as readonly unknown[]) : [value];
    return elements.reduce<number>((count, element) => count + countUnknownFields(resolvedType, element), 0);
  }
  if (resolvedType instanceof Enum && typeof value === 'string' && !(value in resolvedType.values)) {
    const place = `${parent?.name ?? ''}.${name}`;
    throw invalidArgument(
      place,
      `has a name that ${resolvedType.name} does not know here; send the value's number`,
    );
  }
  return 0;
}

function findField(type: Type, name: string): Field | undefined {
  return (
    type.fields[name] ?? type.fieldsArray.find((field) => field.protoName === name || field.jsonName === name)
  );
}

/** Types whose JSON is not an object of their fields. */
function isWellKnown(type: Type): boolean {
  return type.fullName.startsWith('.google.protobuf.');
}
