/** The head item of a document: its attributes, and what they mean. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { revisionOf, tombstone, type LiveDocument } from '../job/document.ts';
import { readJobHeading } from '../job/job-heading.ts';
import { jobStatusName } from '../job/job-status.ts';
import { decodeJob } from './encoding.ts';
import { indexAttributes } from './index-attributes.ts';
import type { StoredJob } from '../store/job-store.ts';
import { decodeLaterPatches, encodeLaterPatches } from './later-patches.ts';

export type Item = Record<string, AttributeValue>;

/** Sort key of a head item. */
export const headPart = 'head';

/** A head item that was read. */
export interface Head {
  /** Names the write that made it; empty for a tombstone. */
  readonly generation: string;
  /** The project of the job; empty if it has none, and for a tombstone. */
  readonly projectId: string;
  /** How many parts hold the Job's bytes; 0 if the head holds them itself. */
  readonly parts: number;
  /** @param job the bytes of the parts, end to end; not needed if there are none */
  decode(job?: Uint8Array): StoredJob;
}

/** Reads a head item. */
export function readHead(item: Item): Head {
  const generation = item['generation']?.S ?? '';
  const syncedAt = new Date(Number(item['synced_at']?.N ?? 0));
  if (item['expires_at'] !== undefined) {
    return {
      generation,
      projectId: '',
      parts: 0,
      decode: () => ({ document: tombstone, syncedAt, generation }),
    };
  }
  return {
    generation,
    projectId: item['project_id']?.S ?? '',
    parts: Number(item['parts']?.N ?? 0),
    decode: (job = item['job']?.B ?? new Uint8Array()) => ({
      document: {
        deleted: false,
        job: decodeJob(job, item['encoding']?.S),
        snapshotRevision:
          item['snapshot_revision']?.N === undefined ? undefined : BigInt(item['snapshot_revision'].N),
        later: item['later']?.B === undefined ? [] : decodeLaterPatches(item['later'].B),
      },
      syncedAt,
      generation,
      ...(item['look_at'] && { indexed: true }),
    }),
  };
}

/** A tombstone's head item. DynamoDB deletes it within days after it has expired. */
export function tombstoneItem(jobId: string, syncedAt: Date, tombstoneDays: number): Item {
  const expiresAt = Math.floor(syncedAt.getTime() / 1000) + tombstoneDays * 86_400;
  return { ...key(jobId, headPart), synced_at: milliseconds(syncedAt), expires_at: { N: String(expiresAt) } };
}

/** A live document's head item, without the Job's bytes. */
export function headItemWithoutJob(
  jobId: string,
  document: LiveDocument,
  generation: string,
  syncedAt: Date,
  indexed: boolean,
): Item {
  const { projectId, status } = readJobHeading(document.job);
  return {
    ...key(jobId, headPart),
    generation: { S: generation },
    revision: { N: String(revisionOf(document)) },
    ...(document.snapshotRevision !== undefined && {
      snapshot_revision: { N: String(document.snapshotRevision) },
    }),
    ...(document.later.length > 0 && { later: { B: encodeLaterPatches(document.later) } }),
    ...(projectId !== '' && { project_id: { S: projectId } }),
    status: { S: jobStatusName(status) },
    synced_at: milliseconds(syncedAt),
    ...(indexed && indexAttributes(document)),
  };
}

export function key(jobId: string, part: string): { job_id: { S: string }; part: { S: string } } {
  return { job_id: { S: jobId }, part: { S: part } };
}

export function milliseconds(date: Date): { N: string } {
  return { N: String(date.getTime()) };
}

/**
 * An item's size as DynamoDB counts it, for the attribute types of this table.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Item): number {
  return Object.entries(item).reduce(
    (size, [name, value]) => size + Buffer.byteLength(name) + valueSize(value),
    0,
  );
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return value.B.length;
  // About one byte for two digits, and one more: an estimate on the safe side.
  return Math.ceil((value.N?.length ?? 0) / 2) + 2;
}
