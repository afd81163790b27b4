/** From descriptors to the declarations that lib/protobuf goes by. */
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import {
  jsonNameOf,
  type FieldDeclaration,
  type MessageDeclaration,
  type PlainKind,
} from '../lib/protobuf/declarations.ts';

/** Messages and all that they refer to, each after what it refers to. A message must not hold itself. */
export interface Declared {
  readonly messages: ReadonlyMap<DescMessage, MessageDeclaration>;
  /** Value names by number. */
  readonly enums: ReadonlyMap<DescEnum, Readonly<Record<number, string>>>;
}

/** @throws {Error} naming a field of a kind that lib/protobuf does not know */
export function declareMessages(types: readonly DescMessage[]): Declared {
  const messages = new Map<DescMessage, MessageDeclaration>();
  const enums = new Map<DescEnum, Readonly<Record<number, string>>>();
  const declareEnum = (type: DescEnum): Readonly<Record<number, string>> => {
    const values =
      enums.get(type) ?? Object.fromEntries(type.values.map(({ number, name }) => [number, name]));
    enums.set(type, values);
    return values;
  };
  const declareField = (field: DescField): FieldDeclaration => {
    const { number, name } = field;
    if (field.jsonName !== jsonNameOf(field))
      throw new Error(`${field.toString()} has a json_name of its own`);
    const type = typeOf(field);
    return {
      number,
      name,
      ...(typeof type === 'string'
        ? { kind: type }
        : type.kind === 'message'
          ? { message: declare(type) }
          : { values: declareEnum(type) }),
      ...(field.fieldKind === 'list' && { repeated: true }),
      ...(field.oneof && { oneof: field.oneof.name }),
    };
  };
  const declare = (type: DescMessage): MessageDeclaration => {
    const known = messages.get(type);
    if (known !== undefined) return known;
    const fields = [...type.fields].sort((a, b) => a.number - b.number).map(declareField);
    const declaration = { package: type.file.proto.package, name: type.name, fields };
    messages.set(type, declaration);
    return declaration;
  };
  for (const type of types) declare(type);
  return { messages, enums };
}

const wellKnown: Readonly<Record<string, PlainKind>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
};

const scalars: Readonly<Partial<Record<ScalarType, PlainKind>>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BYTES]: 'bytes',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.INT32]: 'int32',
  [ScalarType.INT64]: 'int64',
};

/** What a field holds. Throws for a construct that lib/protobuf does not know how to read and write. */
function typeOf(field: DescField): PlainKind | DescMessage | DescEnum {
  const element = field.fieldKind === 'list' ? field.listKind : field.fieldKind;
  if (field.message) return wellKnown[field.message.typeName] ?? field.message;
  if (field.enum) return field.enum;
  const scalar = element === 'scalar' ? scalars[field.scalar] : undefined;
  if (scalar) return scalar;
  if (element === 'map' && field.fieldKind === 'map') {
    const stringToString = field.mapKey === ScalarType.STRING && field.scalar === ScalarType.STRING;
    if (stringToString) return 'map<string,string>';
  }
  throw new Error(`${field.toString()}: lib/protobuf/declarations.ts has no kind for it`);
}
