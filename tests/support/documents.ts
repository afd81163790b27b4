import { randomBytes } from 'node:crypto';
import type { LiveDocument } from '../../lib/job/document.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { WireWriter } from '../../lib/job/wire.ts';

export interface JobInit {
  readonly id?: string;
  readonly projectId?: string;
  readonly name?: string;
  readonly status?: number;
  readonly config?: string | Uint8Array;
}

/** A Job's bytes. */
export function jobBytes({ id = 'j1', projectId = 'p1', name, status, config }: JobInit = {}): Uint8Array {
  const writer = new WireWriter().lengthDelimited(1, Buffer.from(id));
  if (name !== undefined) writer.lengthDelimited(2, Buffer.from(name));
  if (status !== undefined) writer.tag(6, 0).varint(status);
  if (config !== undefined) writer.lengthDelimited(7, Buffer.from(config));
  return writer.lengthDelimited(9, Buffer.from(projectId)).finish();
}

export function snapshotOf(init: JobInit, revision: number): LiveDocument {
  return snapshotDocument(jobBytes(init), BigInt(revision));
}

/** A document that takes at least so many bytes in the table, compressed or not; each call gives another one. */
export function incompressible(size: number, revision: number, id = 'j1'): LiveDocument {
  return snapshotOf({ id, config: randomBytes(size).toString('latin1').slice(0, size) }, revision);
}
