import { readUnitBytes } from './encoding.ts';

/** What one document may take in the table, in bytes. */
export interface SizeLimits {
  /** The most that a head item may take, names included. */
  readonly headBytes: number;
  /** Bytes of the Job in one part. */
  readonly partBytes: number;
  /** The most that the Job's bytes may take, compressed where they are. */
  readonly documentBytes: number;
}

/**
 * An item may have 400 KB. A part has names and keys around its bytes, at most 135 bytes, and is as near to that as
 * whole read units go.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
export const dynamoDbSizeLimits: SizeLimits = {
  headBytes: 400 * 1024,
  partBytes: 99 * readUnitBytes - 135,
  documentBytes: 4 << 20,
};
