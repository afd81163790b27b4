import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** A read unit of DynamoDB covers this many bytes of an item. */
export const readUnitBytes = 4096;

/** The most bytes that a document may decode to, whatever its compressed bytes claim. */
const decodedSizeLimit = 64 << 20;

/** How an item's `job` bytes are written: as they are, or compressed. */
export type Encoding = 'zstd' | undefined;

export interface EncodedJob {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
}

/**
 * Compresses a Job's bytes if that saves at least one read unit, and leaves them alone otherwise.
 *
 * @param overhead bytes of the rest of the item
 */
export function encodeJob(job: Uint8Array, overhead: number): EncodedJob {
  const raw = { bytes: job, encoding: undefined };
  if (job.length + overhead <= readUnitBytes) return raw;
  const compressed = zstdCompressSync(job);
  const units = (size: number): number => Math.ceil((size + overhead) / readUnitBytes);
  // The attribute `encoding` takes twelve bytes itself.
  return units(compressed.length + 12) < units(job.length) ? { bytes: compressed, encoding: 'zstd' } : raw;
}

/** @throws {Error} if the bytes are not what the encoding says */
export function decodeJob(bytes: Uint8Array, encoding: string | undefined): Uint8Array {
  if (encoding === undefined) return bytes;
  if (encoding !== 'zstd') throw new Error(`an item has the unknown encoding ${JSON.stringify(encoding)}`);
  return zstdDecompressSync(bytes, { maxOutputLength: decodedSizeLimit });
}
