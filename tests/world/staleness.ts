/** How old what readers are told is, by the world's own history. */
import { kept } from '../support/fed-cache.ts';
import type { Version } from '../../infra/upstream-stand-in/job-record.ts';
import type { World } from '../../infra/upstream-stand-in/world.ts';
import type { Read } from './cached-world.ts';

export interface Judgement {
  /** For how many milliseconds the answer has been out of date; 0 where it is what upstream would answer. */
  readonly staleMs: number;
  /** Whether the answer was what upstream had at `syncedAt`, or later, as it claims. */
  readonly claimHolds: boolean;
}

/** What of each version a cache may hold, computed once. */
const keptBytes = new WeakMap<Version, Buffer>();

/**
 * @param nowMs when the answer was given
 * @throws {Error} for an answer that upstream never gave
 */
export function judge(world: World, jobId: string, { bytes, syncedAt }: Read, nowMs: number): Judgement {
  const history = world.history(jobId).filter(({ at }) => at <= nowMs);
  const index = history.findLastIndex((version) => same(jobId, version, bytes));
  // Before its creation a job is as absent as after its deletion.
  if (index < 0 && bytes !== undefined) throw new Error(`upstream never had what is told of ${jobId}`);
  const supersededAt = history[index + 1]?.at ?? nowMs;
  return {
    staleMs: nowMs - supersededAt,
    claimHolds: syncedAt === undefined || syncedAt <= supersededAt,
  };
}

function same(jobId: string, version: Version, bytes: Uint8Array | undefined): boolean {
  if (version.bytes === undefined || bytes === undefined) return version.bytes === bytes;
  let expected = keptBytes.get(version);
  if (expected === undefined) keptBytes.set(version, (expected = Buffer.from(kept(jobId, version.bytes))));
  return expected.equals(bytes);
}
