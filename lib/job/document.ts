/**
 * What is known of one job: the newest bytes of each of its top-level fields, and the revisions they came from.
 *
 * A document is a value in a semilattice: `merge` in `merge.ts` joins two of them, and an event is itself a small
 * document. Hence the order, the repetition and the batching of events cannot matter.
 */
export type Document = LiveDocument | Tombstone;

/** A job that is not deleted. */
export interface LiveDocument {
  readonly deleted: false;
  /** The Job's bytes, its top-level fields in the order of their numbers. */
  readonly job: Uint8Array;
  /** Revision of the newest snapshot merged; undefined where none was, and the job is not visible yet. */
  readonly snapshotRevision: bigint | undefined;
  /** The patches newer than the snapshot, by ascending revision. */
  readonly later: readonly LaterPatch[];
}

/** A deleted job: final, since upstream never uses an id again. It holds nothing, so that all tombstones are equal. */
export interface Tombstone {
  readonly deleted: true;
}

/** A patch that is newer than the snapshot of its document. */
export interface LaterPatch {
  readonly revision: bigint;
  /** Numbers of the fields of which this patch is still the newest word, ascending; of each, `job` has the bytes. */
  readonly fields: readonly number[];
}

export const tombstone: Tombstone = { deleted: true };

/** A job that readers may see: a snapshot of it has been merged. */
export interface VisibleDocument extends LiveDocument {
  readonly snapshotRevision: bigint;
}

export function isVisible(document: Document): document is VisibleDocument {
  return !document.deleted && document.snapshotRevision !== undefined;
}

/** The highest revision merged. It never falls. It does not say everything: a late patch leaves it as it is. */
export function revisionOf(document: LiveDocument): bigint {
  return document.later.at(-1)?.revision ?? document.snapshotRevision ?? 0n;
}

/**
 * Whether a document shows what a writer of `revision` wrote: a snapshot of that revision or a newer one has been
 * merged, or the event of that very revision. A higher revision alone proves nothing, as patches may come late.
 */
export function reflects(document: Document, revision: bigint): boolean {
  if (document.deleted) return true;
  if (document.snapshotRevision !== undefined && document.snapshotRevision >= revision) return true;
  return document.later.some((patch) => patch.revision === revision);
}
