/** Brings a document to what upstream says, and finds out whether it was right before. */
import type { Deadline } from '../runtime/deadline.ts';
import { isVisible, type Document } from '../job/document.ts';
import { merge } from '../job/merge.ts';
import type { StoredJob } from '../store/job-store.ts';
import { writeMerged, type WriteParts } from './write-news.ts';

/**
 * What upstream's answer said of the document: that it was right; that it was wrong and is right now; that it was
 * missing; that the job is deleted; or that the document knows something newer, and the answer said nothing.
 */
export type Reconciled = 'confirmed' | 'corrected' | 'added' | 'removed' | 'overtaken';

export interface ReconcileOptions {
  /** Writes down that it was looked at, also where nothing differs. */
  readonly always?: boolean;
  readonly deadline: Deadline;
}

/**
 * Merges what upstream says into the table, unless the document says it already.
 *
 * @param news a snapshot, or a tombstone where upstream has no such job
 * @throws {Status} as the store does
 */
export async function reconcile(
  parts: WriteParts,
  jobId: string,
  news: Document,
  { always = false, deadline }: ReconcileOptions,
): Promise<Reconciled> {
  const current = await parts.store.get(jobId, { consistent: true, deadline });
  const found = compare(current, news);
  if (found === 'overtaken' || (found === 'confirmed' && !always)) return found;
  const outcome = await writeMerged(parts, jobId, news, current, deadline);
  return outcome === 'applied' ? found : 'overtaken';
}

function compare(current: StoredJob | undefined, news: Document): Reconciled {
  const before = current?.document;
  // A tombstone needs a job that it marks as deleted.
  if (news.deleted) return before === undefined || before.deleted ? 'confirmed' : 'removed';
  if (before === undefined) return 'added';
  const merged = merge(before, news);
  if (merged.deleted) return 'overtaken';
  if (!isVisible(before)) return 'added';
  const changes = Buffer.compare(before.job, merged.job) !== 0;
  if (changes) return 'corrected';
  return Buffer.compare(before.job, news.job) === 0 ? 'confirmed' : 'overtaken';
}
