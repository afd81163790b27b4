import { isRunning } from './job-status.ts';
import { WireReader, WireType } from '../protobuf/wire.ts';

/** Where a job is in its life. */
export interface JobLife {
  /** Whether it has not ended; so counts a status that this version does not know. */
  readonly running: boolean;
  /** When it began to run, or was made if it has not begun yet, in seconds since 1970; undefined where it does not say. */
  readonly startedAt: number | undefined;
  /** When its data will be deleted, in seconds since 1970; undefined where they stay, or are gone already. */
  readonly dataExpiresAt: number | undefined;
}

const createdAtTag = (4 << 3) | WireType.lengthDelimited;
const statusTag = (6 << 3) | WireType.varint;
const dataExpiresAtTag = (11 << 3) | WireType.lengthDelimited;
const dataClearedTag = (12 << 3) | WireType.varint;
const startedAtTag = (17 << 3) | WireType.lengthDelimited;

/**
 * Reads where a Job is in its life, without decoding the rest.
 *
 * @throws {MalformedMessageError} where the bytes are not a message
 */
export function readJobLife(job: Uint8Array): JobLife {
  let createdAt: number | undefined;
  let startedAt: number | undefined;
  let dataExpiresAt: number | undefined;
  let dataCleared = false;
  let status = 0;
  const reader = new WireReader(job);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === createdAtTag) createdAt = readSeconds(reader.readBytes());
    else if (tag === startedAtTag) startedAt = readSeconds(reader.readBytes());
    else if (tag === dataExpiresAtTag) dataExpiresAt = readSeconds(reader.readBytes());
    else if (tag === dataClearedTag) dataCleared = reader.readInt64() !== 0n;
    else if (tag === statusTag) status = Number(BigInt.asIntN(32, reader.readInt64()));
    else reader.skip(tag);
  }
  return {
    running: isRunning(status),
    startedAt: startedAt ?? createdAt,
    dataExpiresAt: dataCleared ? undefined : dataExpiresAt,
  };
}

const secondsTag = (1 << 3) | WireType.varint;

/** The whole seconds of a google.protobuf.Timestamp. */
function readSeconds(timestamp: Uint8Array): number {
  let seconds = 0n;
  const reader = new WireReader(timestamp);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === secondsTag) seconds = reader.readInt64();
    else reader.skip(tag);
  }
  return Number(seconds);
}
