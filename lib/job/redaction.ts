import { jobType, type Field, type Message } from './schema.ts';
import { WireReader, WireType, WireWriter } from './wire.ts';

/** What stands where a secret was. */
export const redactionMark = '[redacted]';

/**
 * A secret shorter than this many bytes is not looked for in other fields: it could not be told from ordinary text,
 * and striking it out there would garble the job. The field that holds it is removed all the same.
 */
export const shortestSecretStruckOut = 6;

/** Fields whose text is looked up by others and never secret. */
const identities = new Set(['id', 'project_id', 'created_by_id', 'parent_job_id']);

/**
 * The Job without `docker_image_spec.password_plain_text`: every occurrence on the wire is removed, also where message
 * fields are given twice, and the value is struck out of every other text of the same Job, unknown fields among them,
 * since `config` is a copy of the file in which the password was written.
 *
 * It cannot catch a copy that is written another way, for example encoded or split in two.
 *
 * @returns `job` itself where there is no password in it
 * @throws {MalformedMessageError} where the bytes are not a message
 */
export function removePlainTextPassword(job: Uint8Array): Uint8Array {
  const found: Buffer[] = [];
  const without = rewrite(jobType, job, (field, value) => {
    if (field?.name !== 'password_plain_text') return value;
    found.push(Buffer.from(value));
    return undefined;
  });
  if (found.length === 0) return job;
  const secrets = found
    .filter((secret) => secret.length >= shortestSecretStruckOut)
    .sort((a, b) => b.length - a.length);
  if (secrets.length === 0) return without;
  return rewrite(jobType, without, (field, value) => {
    if (field === undefined) return maskOut(value, secrets);
    return identities.has(field.name) ? value : strikeOut(value, secrets);
  });
}

/**
 * Gives the new bytes of a leaf's value, or undefined to drop its record. `field` is undefined for an unknown field,
 * whose value may be a text, a message or a group.
 */
type Visitor = (field: Field | undefined, value: Uint8Array) => Uint8Array | undefined;

/** Writes a message again with each leaf that can hold text as the visitor wants it. */
function rewrite(type: Message, message: Uint8Array, visit: Visitor): Uint8Array {
  const writer = new WireWriter();
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const start = reader.position;
    const tag = reader.readTag();
    if ((tag & 7) === WireType.lengthDelimited) {
      const value = reader.readBytes();
      const rewritten = rewriteValue(type.byNumber[tag >>> 3], value, visit);
      if (rewritten === value) writer.raw(message.subarray(start, reader.position));
      else if (rewritten !== undefined) writer.lengthDelimited(tag >>> 3, rewritten);
      continue;
    }
    reader.skip(tag);
    const record = message.subarray(start, reader.position);
    writer.raw((tag & 7) === WireType.startGroup ? (visit(undefined, record) ?? record) : record);
  }
  return writer.finish();
}

const mapEntryType: Message = { name: 'map entry', fields: [], byNumber: [] };

function rewriteValue(field: Field | undefined, value: Uint8Array, visit: Visitor): Uint8Array | undefined {
  if (field?.message) return rewrite(field.message, value, visit);
  if (field?.kind === 'map<string,string>') {
    return rewrite(mapEntryType, value, (_, text) => visit(field, text));
  }
  return visit(field, value);
}

function strikeOut(text: Uint8Array, secrets: readonly Buffer[]): Uint8Array {
  return replaceAll(text, secrets, () => Buffer.from(redactionMark));
}

/** Keeps every length, as nobody knows which bytes of an unknown field are lengths. */
function maskOut(bytes: Uint8Array, secrets: readonly Buffer[]): Uint8Array {
  return replaceAll(bytes, secrets, (secret) => Buffer.alloc(secret.length, '*'));
}

/** `bytes` itself where no secret is in it. */
function replaceAll(
  bytes: Uint8Array,
  secrets: readonly Buffer[],
  mark: (secret: Buffer) => Buffer,
): Uint8Array {
  let result = bytes;
  for (const secret of secrets) {
    const text = Buffer.from(result.buffer, result.byteOffset, result.length);
    if (!text.includes(secret)) continue;
    const parts: Buffer[] = [];
    let from = 0;
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, from)) {
      parts.push(text.subarray(from, at), mark(secret));
      from = at + secret.length;
    }
    result = Buffer.concat([...parts, text.subarray(from)]);
  }
  return result;
}
