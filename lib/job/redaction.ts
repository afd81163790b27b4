import { jobType } from './job-type.ts';
import { DockerImageSpecSchema, EnvironmentSchema } from '../protobuf/generated/schema.ts';
import { messageType, type Field, type Message } from '../protobuf/schema.ts';
import { maskOut, redactionMark, searchFor, strikeOut } from './strike-out.ts';
import { MalformedMessageError, WireReader, WireType, WireWriter } from '../protobuf/wire.ts';

export interface RedactionOptions {
  /** Texts that are secret too, for example since they stood in the event and not in this Job. */
  readonly alsoSecret?: readonly string[];
  /** Whether the values of `job_parameters.env.vars` are secrets. */
  readonly envValues?: boolean;
}

/** More secrets than this in one Job are refused. */
const secretsLimit = 500;

const password = fieldOf(messageType(DockerImageSpecSchema), 'password_plain_text');
const vars = fieldOf(messageType(EnvironmentSchema), 'vars');
/** Fields whose text is looked up by others and never secret. */
const identities = new Set(
  ['id', 'project_id', 'created_by_id', 'parent_job_id'].map((name) => fieldOf(jobType, name)),
);

/**
 * The Job without `docker_image_spec.password_plain_text`: every occurrence on the wire is removed, also where fields
 * are given twice, and the value is struck out of every other text of the same Job, unknown fields among them, since
 * `config` is a copy of the file in which the password was written. With `envValues`, the values of environment
 * variables are replaced, and struck out likewise.
 *
 * Give it the bytes as they came: what a reader would not look at, as a later record replaces it, may hold a secret.
 *
 * It cannot catch a copy that is written another way than `strike-out.ts` knows, for example in base64 or in two
 * pieces, nor one in another event than the secret.
 *
 * @returns `job` itself where no secret is in it, and none was given
 * @throws {MalformedMessageError} where the bytes are not a message, or hold more secrets than are searched for
 */
export function removeSecrets(
  job: Uint8Array,
  { alsoSecret = [], envValues = false }: RedactionOptions = {},
): Uint8Array {
  const found = new Map<string, Uint8Array>();
  const remember = (secret: Uint8Array): void => {
    found.set(Buffer.from(secret).toString('latin1'), secret);
    if (found.size > secretsLimit) throw new MalformedMessageError(`holds more than ${secretsLimit} secrets`);
  };
  for (const text of alsoSecret) remember(Buffer.from(text));
  const without = rewrite(jobType, job, (place, value) => {
    if (place.field === password) {
      remember(value);
      return undefined;
    }
    if (!envValues || place.field !== vars || place.entryField !== 2 || value.length === 0) return value;
    remember(value);
    return Buffer.from(redactionMark);
  });
  if (found.size === 0) return job;
  const secrets = searchFor([...found.values()]);
  if (!secrets.isIn(without)) return without;
  return rewrite(jobType, without, ({ field }, value) => {
    if (!isText(field)) return maskOut(value, secrets);
    return identities.has(field) ? value : strikeOut(value, secrets);
  });
}

function fieldOf({ name, fields }: Message, fieldName: string): Field {
  const field = fields.find((candidate) => candidate.name === fieldName);
  if (field === undefined) throw new Error(`no field ${fieldName} in ${name}`);
  return field;
}

function isText(field: Field | undefined): field is Field {
  return field?.kind === 'string' || field?.kind === 'map<string,string>';
}

/** Where a value stands. */
interface Place {
  /** Undefined for an unknown field, whose value may be a text, a message or a group. */
  readonly field: Field | undefined;
  /** In an entry of a map: 1 for the key, 2 for the value. */
  readonly entryField?: 1 | 2;
}

/** Gives the new bytes of a leaf's value, or undefined to drop its record. */
type Visitor = (place: Place, value: Uint8Array) => Uint8Array | undefined;

/** Writes a message again with each leaf that can hold text as the visitor wants it. */
function rewrite(type: Message, message: Uint8Array, visit: Visitor): Uint8Array {
  return rewriteRecords(message, (number, value) => {
    const field = number === undefined ? undefined : type.byNumber[number];
    if (field?.message) return rewrite(field.message, value, visit);
    // A time is numbers, which are no text though their bytes may look like it; what else is in it is unknown.
    if (field?.kind === 'timestamp' || field?.kind === 'duration')
      return rewriteRecords(value, (_, unknown) => visit({ field: undefined }, unknown));
    if (field?.kind !== 'map<string,string>') return visit({ field }, value);
    return rewriteRecords(value, (entryField, text) =>
      visit(entryField === 1 || entryField === 2 ? { field, entryField } : { field: undefined }, text),
    );
  });
}

/**
 * Writes a message again with the value of each length-delimited record, and each group, as `rewriteValue` gives it.
 * A group comes whole and without a number, and must keep its length.
 */
function rewriteRecords(
  message: Uint8Array,
  rewriteValue: (number: number | undefined, value: Uint8Array) => Uint8Array | undefined,
): Uint8Array {
  const writer = new WireWriter();
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const start = reader.position;
    const tag = reader.readTag();
    if ((tag & 7) === WireType.lengthDelimited) {
      const value = reader.readBytes();
      const rewritten = rewriteValue(tag >>> 3, value);
      if (rewritten === value) writer.raw(message.subarray(start, reader.position));
      else if (rewritten !== undefined) writer.lengthDelimited(tag >>> 3, rewritten);
      continue;
    }
    reader.skip(tag);
    const record = message.subarray(start, reader.position);
    const isGroup = (tag & 7) === WireType.startGroup;
    writer.raw(isGroup ? (rewriteValue(undefined, record) ?? record) : record);
  }
  return writer.finish();
}
