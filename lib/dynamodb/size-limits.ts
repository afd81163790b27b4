import { readUnitBytes } from './encoding.ts';

/** What one document may take in the table, in bytes. */
export interface SizeLimits {
  /** The most that a head item may take, with the names of its attributes. */
  readonly headBytes: number;
  /** Bytes of the Job in one part. */
  readonly partBytes: number;
  /** The most that the Job's bytes may take, after compression. */
  readonly documentBytes: number;
}

/**
 * An item may have 400 KB. The keys and names of a part take at most 135 bytes beside its own bytes. A part fills as many
 * whole read units as fit into an item.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
export const dynamoDbSizeLimits: SizeLimits = {
  headBytes: 400 * 1024,
  partBytes: 99 * readUnitBytes - 135,
  documentBytes: 4 << 20,
};
