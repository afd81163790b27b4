import type { FieldDeclaration } from './field-declaration.ts';
import { enums, messages } from './generated/schema.ts';

/** A field, its type resolved. */
export interface Field extends FieldDeclaration {
  readonly message: Message | undefined;
  /** Value names by number, for enums. */
  readonly valueNames: Readonly<Record<number, string>> | undefined;
  /** True where a later occurrence on the wire adds to, rather than replaces, an earlier one. */
  readonly many: boolean;
}

/** A message type of the Job's tree. */
export interface Message {
  readonly name: string;
  /** In the order of their numbers. */
  readonly fields: readonly Field[];
  /** The same, at the index of their numbers. */
  readonly byNumber: readonly (Field | undefined)[];
}

function resolve(): ReadonlyMap<string, Message> {
  const resolved = new Map<string, { name: string; fields: Field[]; byNumber: (Field | undefined)[] }>();
  for (const name of Object.keys(messages)) resolved.set(name, { name, fields: [], byNumber: [] });
  for (const [name, declarations] of Object.entries(messages)) {
    const message = resolved.get(name)!;
    for (const declaration of declarations) {
      const { kind, repeated, type } = declaration;
      const field: Field = {
        ...declaration,
        message: kind === 'message' ? resolved.get(type!)! : undefined,
        valueNames: kind === 'enum' ? enums[type!]! : undefined,
        many: repeated === true || kind === 'map<string,string>',
      };
      message.fields.push(field);
      message.byNumber[field.number] = field;
    }
  }
  return resolved;
}

const all = resolve();

/** The type of a message in the Job's tree, by the name that its `.proto` gives it, without the package. */
export function messageType(name: string): Message {
  const message = all.get(name);
  if (message === undefined) throw new Error(`no message type ${name} in the Job's tree`);
  return message;
}
