import {
  jsonNameOf,
  kindOf,
  tagOf,
  type FieldDeclaration,
  type FieldKind,
  type MessageDeclaration,
} from './declarations.ts';

/** A field, its type resolved. */
export interface Field extends Omit<FieldDeclaration, 'kind' | 'message'> {
  readonly kind: FieldKind;
  /** The name in canonical proto3 JSON, lowerCamelCase. */
  readonly jsonName: string;
  /** Field number << 3 | wire type. */
  readonly tag: number;
  readonly message: Message | undefined;
  /** True if a later occurrence on the wire adds to, rather than replaces, an earlier one. */
  readonly many: boolean;
}

/** A message type, as the JSON writer, the normal form and the field masks use it. */
export interface Message {
  /** The name without the package, such as `Job`. */
  readonly name: string;
  /** The name with the package, such as `yandex.cloud.datasphere.v2.jobs.Job`. */
  readonly fullName: string;
  /** In the order of their numbers. */
  readonly fields: readonly Field[];
  /** The same, at the index of their numbers. */
  readonly byNumber: readonly (Field | undefined)[];
}

const resolved = new Map<MessageDeclaration, Message>();

/** The message type of a declaration in `generated/`: one and the same for each. */
export function messageType(declaration: MessageDeclaration): Message {
  const known = resolved.get(declaration);
  if (known !== undefined) return known;
  const fields = declaration.fields.map((field): Field => ({
    ...field,
    kind: kindOf(field),
    jsonName: jsonNameOf(field),
    tag: tagOf(field),
    message: field.message && messageType(field.message),
    many: field.repeated === true || field.kind === 'map<string,string>',
  }));
  const byNumber: Field[] = [];
  for (const field of fields) byNumber[field.number] = field;
  const { name, package: packageName } = declaration;
  const type = { name, fullName: `${packageName}.${name}`, fields, byNumber };
  resolved.set(declaration, type);
  return type;
}
