import { MalformedMessageError, WireReader, WireType } from '../protobuf/wire.ts';

/** What the service itself needs to know of a Job. */
export interface JobHeading {
  readonly id: string;
  readonly projectId: string;
  /** A JobStatus number; 0 where absent. */
  readonly status: number;
}

const idTag = (1 << 3) | WireType.lengthDelimited;
const statusTag = (6 << 3) | WireType.varint;
const projectIdTag = (9 << 3) | WireType.lengthDelimited;

/**
 * Reads a Job's id, project and status without decoding the rest. As for any protobuf reader, the last one counts.
 *
 * @throws {MalformedMessageError} where the bytes are not a message
 */
export function readJobHeading(job: Uint8Array): JobHeading {
  let id: Uint8Array | undefined;
  let projectId: Uint8Array | undefined;
  let status = 0;
  const reader = new WireReader(job);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === idTag) id = reader.readBytes();
    else if (tag === projectIdTag) projectId = reader.readBytes();
    else if (tag === statusTag) status = Number(BigInt.asIntN(32, reader.readInt64()));
    else reader.skip(tag);
  }
  return { id: readText(id), projectId: readText(projectId), status };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A string field's value; the empty string where it is absent.
 *
 * @throws {MalformedMessageError} where the bytes are not UTF-8
 */
export function readText(bytes: Uint8Array | undefined): string {
  try {
    return bytes === undefined ? '' : utf8.decode(bytes);
  } catch {
    throw new MalformedMessageError('a string is not UTF-8');
  }
}
