/** The message types that are known by their descriptors: what the JSON writer, the masks and the requests' readers go by. */
import type { FieldDeclaration, Package } from './field-declaration.ts';
import { packages } from './generated/schema.ts';

/** A field, its type resolved. */
export interface Field extends FieldDeclaration {
  readonly message: Message | undefined;
  /** Value names by number, for enums. */
  readonly valueNames: Readonly<Record<number, string>> | undefined;
  /** True if a later occurrence on the wire adds to, rather than replaces, an earlier one. */
  readonly many: boolean;
}

/** A message type. */
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

interface UnresolvedMessage extends Message {
  readonly fields: Field[];
  readonly byNumber: (Field | undefined)[];
}

/** Message types of some packages, by full name. A field names a type of its own package without the package. */
export function resolveTypes(declared: Readonly<Record<string, Package>>): ReadonlyMap<string, Message> {
  const types = new Map<string, UnresolvedMessage>();
  const enums = new Map<string, Readonly<Record<number, string>>>();
  for (const [name, { messages, enums: ofPackage }] of Object.entries(declared)) {
    for (const message of Object.keys(messages)) {
      const fullName = `${name}.${message}`;
      types.set(fullName, { name: message, fullName, fields: [], byNumber: [] });
    }
    for (const [type, valueNames] of Object.entries(ofPackage)) enums.set(`${name}.${type}`, valueNames);
  }
  for (const [name, { messages }] of Object.entries(declared)) {
    for (const [message, declarations] of Object.entries(messages)) {
      const { fields, byNumber } = types.get(`${name}.${message}`)!;
      for (const declaration of declarations) {
        const { kind, repeated, type } = declaration;
        const refersTo = type === undefined || type.includes('.') ? type : `${name}.${type}`;
        const field: Field = {
          ...declaration,
          message: kind === 'message' ? types.get(refersTo!)! : undefined,
          valueNames: kind === 'enum' ? enums.get(refersTo!)! : undefined,
          many: repeated === true || kind === 'map<string,string>',
        };
        fields.push(field);
        byNumber[field.number] = field;
      }
    }
  }
  return types;
}

const types = resolveTypes(packages);

/** The package of DataSphere's jobs, whose types need not be named with it. */
const jobsPackage = 'yandex.cloud.datasphere.v2.jobs';

/** A message type of `proto/`, by its full name, or by its name alone if it is of DataSphere's jobs. */
export function messageType(name: string): Message {
  const message = types.get(name.includes('.') ? name : `${jobsPackage}.${name}`);
  if (message === undefined) throw new Error(`there is no message type ${name} in proto/`);
  return message;
}
