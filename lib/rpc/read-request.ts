/** From what a caller sent to the request of a method: an encoded message, JSON, or the parameters of a URL. */
import { decodeMessage, defaultsOf, type MessageValue } from '../protobuf/decode-message.ts';
import type { Field, Message } from '../protobuf/schema.ts';
import { MalformedMessageError } from '../protobuf/wire.ts';
import { invalidArgument } from '../runtime/status.ts';

/**
 * Reads a request in bytes.
 *
 * @throws {Status} INVALID_ARGUMENT if they are not one
 */
export function decodeRequest(type: Message, bytes: Uint8Array): MessageValue {
  try {
    return decodeMessage(type, bytes);
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    throw invalidArgument('body', `is not an encoded ${type.fullName}`);
  }
}

/**
 * Reads a request in proto3 JSON. Names are in lowerCamelCase or snake_case, and none may be unknown: it would be a typing
 * error more often than a field of tomorrow.
 *
 * @throws {Status} INVALID_ARGUMENT naming what is wrong
 * @see https://protobuf.dev/programming-guides/json/
 */
export function parseRequest(type: Message, text: string): MessageValue {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidArgument('body', 'is not JSON');
  }
  if (!isObject(json)) {
    const example = type.fields.slice(0, 1).map(({ jsonName }) => `"${jsonName}":"…"`);
    throw invalidArgument('body', `must be a JSON object such as {${example.join()}}`);
  }
  return readObject(type, json, '');
}

/**
 * Reads a request from the variables of a path, by the fields' names, and from a query. A list is several parameters, or one
 * with commas. Parameters that are no fields are left to others.
 *
 * @throws {Status} INVALID_ARGUMENT naming what is wrong
 */
export function readParameters(
  type: Message,
  variables: Readonly<Record<string, string>>,
  query: URLSearchParams,
): MessageValue {
  const request: Record<string, unknown> = {};
  for (const field of type.fields) {
    const { name, jsonName, repeated } = field;
    const variable = variables[name];
    const texts =
      variable === undefined
        ? [...query.getAll(jsonName), ...(name === jsonName ? [] : query.getAll(name))]
        : [variable];
    if (texts.length === 0) continue;
    const list = repeated === true ? texts.flatMap((text) => text.split(',')) : texts;
    const values = list.map((text) => fromParameter(field, text));
    request[jsonName] = repeated === true ? values : values.at(-1);
  }
  return readObject(type, request, '');
}

/** A parameter as JSON would have it. */
function fromParameter({ kind }: Field, text: string): unknown {
  if (kind === 'bool') return text === 'true' ? true : text === 'false' ? false : text;
  return kind === 'enum' && /^-?\d+$/.test(text) ? Number(text) : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param path of the message in the request, with a dot at its end; empty for the request itself */
function readObject(type: Message, json: Readonly<Record<string, unknown>>, path: string): MessageValue {
  const { fields } = type;
  const isKnown = (key: string): boolean =>
    fields.some(({ jsonName, name }) => key === jsonName || key === name);
  if (!Object.keys(json).every(isKnown)) {
    const known = fields.map(({ jsonName }) => jsonName).join(', ');
    throw invalidArgument(path.slice(0, -1) || 'body', `has a field other than ${known}`);
  }
  const message = defaultsOf(type);
  for (const field of fields) {
    const { name, jsonName } = field;
    const value = json[jsonName] ?? json[name];
    if (value !== undefined && value !== null) message[jsonName] = readField(field, value, path + name);
  }
  return message;
}

function readField(field: Field, json: unknown, path: string): unknown {
  if (field.repeated !== true) return readValue(field, json, path);
  if (!Array.isArray(json)) throw invalidArgument(path, 'must be a list');
  return json.map((element) => readValue(field, element, path));
}

function readValue({ kind, message, values }: Field, json: unknown, path: string): unknown {
  switch (kind) {
    case 'string':
      if (typeof json === 'string') return json;
      throw invalidArgument(path, 'must be a string');
    case 'bool':
      if (typeof json === 'boolean') return json;
      throw invalidArgument(path, 'must be true or false');
    case 'int64':
      return readInt64(json, path);
    case 'enum':
      return readEnum(values!, json, path);
    case 'message':
      if (isObject(json)) return readObject(message!, json, `${path}.`);
      throw invalidArgument(path, 'must be an object');
    case 'map<string,string>':
      if (isObject(json) && Object.values(json).every((value) => typeof value === 'string')) return json;
      throw invalidArgument(path, 'must be an object of strings');
    default:
      throw new Error(`${path}: a ${kind} cannot be read yet`);
  }
}

/** A number of digits that fits into 64 bits. */
function readInt64(json: unknown, path: string): bigint {
  const isInteger = typeof json === 'string' ? /^-?\d{1,19}$/.test(json) : Number.isSafeInteger(json);
  const value = isInteger ? BigInt(json as string | number) : undefined;
  if (value === undefined || value !== BigInt.asIntN(64, value))
    throw invalidArgument(path, 'must be an integer of 64 bits');
  return value;
}

/** Numbers without a name may be those of tomorrow. */
function readEnum(valueNames: Readonly<Record<number, string>>, json: unknown, path: string): number {
  if (Number.isInteger(json) && json === Number(json) && json === (json | 0)) return json;
  const named = Object.entries(valueNames).find(([, name]) => name === json);
  if (named !== undefined) return Number(named[0]);
  throw invalidArgument(path, `must be one of ${Object.values(valueNames).join(', ')}`);
}
