import { readMapEntry } from './normal-form.ts';
import { readText } from './read-fields.ts';
import type { Field, Message } from './schema.ts';
import { WireReader, WireType } from './wire.ts';

/**
 * A decoded message, by the fields' names in JSON. Strings, booleans, `bigint` for int64, numbers for enums, arrays, for maps
 * Records of strings; messages are `undefined` if they are absent, and everything else has its default.
 */
export type MessageValue = Record<string, unknown>;

/**
 * Decodes a message, such as a request: what is small, and read as a whole. Unknown fields are left out.
 *
 * @throws {MalformedMessageError} if the bytes are not a message of this type, or hold a string that is not UTF-8
 */
export function decodeMessage(type: Message, bytes: Uint8Array): MessageValue {
  return decodeInto(defaultsOf(type), type, bytes);
}

/** A message of which every field is absent. */
export function defaultsOf(type: Message): MessageValue {
  const value: MessageValue = {};
  for (const field of type.fields) if (field.oneof === undefined) value[field.jsonName] = defaultOf(field);
  return value;
}

function defaultOf({ kind, repeated }: Field): unknown {
  if (repeated === true) return [];
  switch (kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int64':
      return 0n;
    case 'enum':
      return 0;
    case 'map<string,string>':
      return {};
    default:
      return undefined;
  }
}

function decodeInto(message: MessageValue, type: Message, bytes: Uint8Array): MessageValue {
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    const field = type.byNumber[tag >>> 3];
    if (field === undefined) reader.skip(tag);
    else if ((tag & 7) === (field.tag & 7)) take(message, type, field, reader);
    else if (field.repeated === true && (tag & 7) === WireType.lengthDelimited)
      takePacked(message, field, reader);
    else reader.skip(tag);
  }
  return message;
}

function take(message: MessageValue, type: Message, field: Field, reader: WireReader): void {
  const { jsonName, kind, oneof, repeated } = field;
  if (kind === 'map<string,string>') {
    const bytes = reader.readBytes();
    const { key, value } = readMapEntry(new WireReader(bytes), bytes.length);
    const entry = [key, value].map(({ start, end }) => readText(bytes.subarray(start, end)));
    message[jsonName] = { ...(message[jsonName] as object), [entry[0]!]: entry[1]! };
    return;
  }
  if (oneof !== undefined)
    for (const arm of type.fields)
      if (arm.oneof === oneof && arm !== field) message[arm.jsonName] = undefined;
  const earlier = message[jsonName];
  if (repeated === true) (earlier as unknown[]).push(readValue(field, reader, undefined));
  else message[jsonName] = readValue(field, reader, earlier);
}

/** Numbers of a list that stand in one record. */
function takePacked(message: MessageValue, field: Field, reader: WireReader): void {
  const numbers = new WireReader(reader.readBytes());
  const list = message[field.jsonName] as unknown[];
  while (!numbers.atEnd) list.push(readValue(field, numbers, undefined));
}

function readValue({ kind, message, name }: Field, reader: WireReader, earlier: unknown): unknown {
  switch (kind) {
    case 'string':
      return readText(reader.readBytes());
    case 'bool':
      return reader.readInt64() !== 0n;
    case 'int64':
      return reader.readInt64();
    case 'enum':
      return Number(BigInt.asIntN(32, reader.readInt64()));
    case 'message': {
      // A message that stands twice is merged.
      const whole = (earlier as MessageValue | undefined) ?? defaultsOf(message!);
      return decodeInto(whole, message!, reader.readBytes());
    }
    default:
      throw new Error(`${name}: a ${kind} cannot be decoded yet`);
  }
}
