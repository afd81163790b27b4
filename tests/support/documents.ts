import { randomBytes } from 'node:crypto';
import type { LiveDocument } from '../../lib/job/document.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { WireWriter } from '../../lib/protobuf/wire.ts';

export interface JobInit {
  readonly id?: string;
  readonly projectId?: string;
  readonly name?: string;
  readonly status?: number;
  readonly config?: string | Uint8Array;
  readonly dataExpiresAt?: Date;
  readonly dataCleared?: boolean;
  readonly startedAt?: Date;
}

/** A Job's bytes. */
export function jobBytes(init: JobInit = {}): Uint8Array {
  const { id = 'j1', projectId = 'p1', name, status, config, dataExpiresAt, dataCleared, startedAt } = init;
  const writer = new WireWriter().lengthDelimited(1, Buffer.from(id));
  if (name !== undefined) writer.lengthDelimited(2, Buffer.from(name));
  if (status !== undefined) writer.tag(6, 0).varint(status);
  if (config !== undefined) writer.lengthDelimited(7, Buffer.from(config));
  writer.lengthDelimited(9, Buffer.from(projectId));
  if (dataExpiresAt !== undefined) writer.lengthDelimited(11, timestamp(dataExpiresAt));
  if (dataCleared === true) writer.tag(12, 0).varint(1);
  if (startedAt !== undefined) writer.lengthDelimited(17, timestamp(startedAt));
  return writer.finish();
}

function timestamp(date: Date): Uint8Array {
  return new WireWriter()
    .tag(1, 0)
    .varint(Math.floor(date.getTime() / 1000))
    .finish();
}

export function snapshotOf(init: JobInit, revision: number): LiveDocument {
  return snapshotDocument(jobBytes(init), BigInt(revision));
}

/** A document that takes at least so many bytes in the table, compressed or not; each call gives another one. */
export function incompressible(size: number, revision: number, id = 'j1'): LiveDocument {
  return snapshotOf({ id, config: randomBytes(size).toString('latin1').slice(0, size) }, revision);
}
