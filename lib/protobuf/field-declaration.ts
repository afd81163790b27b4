/** How a field's value is written on the wire and in JSON. */
export type FieldKind =
  'string' | 'bool' | 'int64' | 'enum' | 'message' | 'timestamp' | 'duration' | 'map<string,string>';

/** One field of a message, as the `.proto` declares it. */
export interface FieldDeclaration {
  readonly number: number;
  /** The name in the `.proto`, snake_case. */
  readonly name: string;
  /** The name in canonical proto3 JSON, lowerCamelCase. */
  readonly jsonName: string;
  readonly kind: FieldKind;
  readonly repeated?: true;
  /** The oneof that the field is an arm of. Such a field has presence: its default value is printed. */
  readonly oneof?: string;
  /** Name of the message or enum type, for those kinds; with its package if that is another one than the field's. */
  readonly type?: string;
}

/** The types that a package declares, each by its name without the package. */
export interface Package {
  readonly messages: Readonly<Record<string, readonly FieldDeclaration[]>>;
  /** Value names by number. */
  readonly enums: Readonly<Record<string, Readonly<Record<number, string>>>>;
}
