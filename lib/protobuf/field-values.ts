/** What code sees of a message that it reads or writes by the names of its fields. */
import type { JsonName, MessageDeclaration } from './declarations.ts';
import type { Time } from './time.ts';

/** A field's value by the field's kind. */
interface ValueOfKind {
  readonly string: string;
  readonly bool: boolean;
  readonly int32: number;
  readonly int64: bigint;
  readonly bytes: Uint8Array;
  readonly timestamp: Time | undefined;
  readonly duration: Time | undefined;
}

/** A message is its bytes, an enum a number. */
type ValueOf<Field> = Field extends { readonly kind: keyof ValueOfKind }
  ? ValueOfKind[Field['kind']]
  : Field extends { readonly message: unknown }
    ? Uint8Array | undefined
    : number;

/** Fields that have a name and a value here: maps and the arms of a oneof do not. */
type Named<M extends MessageDeclaration> = Exclude<
  M['fields'][number],
  { readonly kind: 'map<string,string>' } | { readonly oneof: string }
>;

/** The values of a message's fields by their names in lowerCamelCase; undefined is a message that is absent. */
export type FieldValues<M extends MessageDeclaration> = {
  readonly [Field in Named<M> as JsonName<Field['name']>]: Field extends { readonly repeated: true }
    ? readonly NonNullable<ValueOf<Field>>[]
    : ValueOf<Field>;
};
