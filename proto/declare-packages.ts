/** From descriptors to the declarations that lib/protobuf goes by. */
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import type { FieldDeclaration, FieldKind, Package } from '../lib/protobuf/field-declaration.ts';

interface MutablePackage extends Package {
  readonly messages: Record<string, FieldDeclaration[]>;
  readonly enums: Record<string, Record<number, string>>;
}

/**
 * Some messages and all that they refer to, by package.
 *
 * @throws {Error} naming a field of a kind that lib/protobuf does not know
 */
export function declarePackages(types: readonly DescMessage[]): Readonly<Record<string, Package>> {
  const packages: Record<string, MutablePackage> = {};
  const packageOf = ({ file }: DescMessage | DescEnum): MutablePackage =>
    (packages[file.proto.package] ??= { messages: {}, enums: {} });
  const addEnum = (type: DescEnum): void => {
    packageOf(type).enums[type.name] = Object.fromEntries(
      type.values.map((value) => [value.number, value.name]),
    );
  };
  const addMessage = (type: DescMessage): void => {
    const { messages } = packageOf(type);
    if (messages[type.name]) return;
    const fields: FieldDeclaration[] = (messages[type.name] = []);
    for (const field of [...type.fields].sort((a, b) => a.number - b.number)) {
      const { kind, refersTo } = kindOf(field);
      const isNear = refersTo?.file.proto.package === type.file.proto.package;
      fields.push({
        number: field.number,
        name: field.name,
        jsonName: field.jsonName,
        kind,
        ...(field.fieldKind === 'list' && { repeated: true }),
        ...(field.oneof && { oneof: field.oneof.name }),
        ...(refersTo && { type: isNear ? refersTo.name : refersTo.typeName }),
      });
      if (refersTo?.kind === 'message') addMessage(refersTo);
      if (refersTo?.kind === 'enum') addEnum(refersTo);
    }
  };
  types.forEach(addMessage);
  return packages;
}

const wellKnown: Readonly<Record<string, FieldKind>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
};

const scalars: Readonly<Partial<Record<ScalarType, FieldKind>>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.INT64]: 'int64',
};

/** The kind of a field, and the type it refers to. Throws for a construct that lib/protobuf does not know how to write. */
function kindOf(field: DescField): { kind: FieldKind; refersTo?: DescMessage | DescEnum } {
  const element = field.fieldKind === 'list' ? field.listKind : field.fieldKind;
  if (field.message) {
    const kind = wellKnown[field.message.typeName];
    return kind === undefined ? { kind: 'message', refersTo: field.message } : { kind };
  }
  if (field.enum) return { kind: 'enum', refersTo: field.enum };
  const scalar = element === 'scalar' ? scalars[field.scalar] : undefined;
  if (scalar) return { kind: scalar };
  if (element === 'map' && field.fieldKind === 'map') {
    const stringToString = field.mapKey === ScalarType.STRING && field.scalar === ScalarType.STRING;
    if (stringToString) return { kind: 'map<string,string>' };
  }
  throw new Error(`${field.toString()}: lib/protobuf/field-declaration.ts has no kind for it`);
}
