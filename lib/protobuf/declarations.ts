/** What the code that is built from the `.proto` files says of a message: the form of everything in `generated/`. */

/** How a field's value is written on the wire and in JSON, unless it is a message of ours or an enum. */
export type PlainKind =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'timestamp'
  | 'duration'
  | 'map<string,string>'
  // Only google.protobuf.Any has such a field: the JSON writer refuses a message that holds one.
  | 'bytes';

export type FieldKind = PlainKind | 'message' | 'enum';

/** One field of a message, as the `.proto` declares it: it has a kind, a message or values. */
export interface FieldDeclaration {
  readonly number: number;
  /** The name in the `.proto`, snake_case. */
  readonly name: string;
  readonly kind?: PlainKind;
  /** The message that the field holds. */
  readonly message?: MessageDeclaration;
  /** For an enum, the names of its values by number. */
  readonly values?: Readonly<Record<number, string>>;
  readonly repeated?: true;
  /** The oneof that the field is an arm of. Such a field has presence: its default value is printed. */
  readonly oneof?: string;
}

/** A message type. */
export interface MessageDeclaration {
  readonly package: string;
  /** The name in the `.proto`, without the package. */
  readonly name: string;
  /** In the order of their numbers. */
  readonly fields: readonly FieldDeclaration[];
}

/** The type of a field's name in canonical proto3 JSON, lowerCamelCase. */
export type JsonName<Name extends string> = Name extends `${infer Word}_${infer Rest}`
  ? `${Word}${Capitalize<JsonName<Rest>>}`
  : Name;

/** The name of a field in canonical proto3 JSON. `npm run generate` checks that protoc gives every field the same. */
export function jsonNameOf({ name }: { readonly name: string }): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

export function kindOf({ kind, message }: FieldDeclaration): FieldKind {
  return kind ?? (message ? 'message' : 'enum');
}

/** The tag of a field's records: number << 3 | wire type. The wire type is 0 for integers, 2 for all that has a length. */
export function tagOf(field: FieldDeclaration): number {
  return field.number * 8 + (['bool', 'int32', 'int64', 'enum'].includes(kindOf(field)) ? 0 : 2);
}
