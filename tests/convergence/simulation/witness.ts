import { isVisible, revisionOf, type Document } from '../../../lib/job/document.ts';
import { merge, sameDocument } from '../../../lib/job/merge.ts';
import type { SimulatedEvent } from './events.ts';

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Watches every document that is written, and remembers them all: what readers get must be one of them. */
export class Witness {
  private readonly histories = new Map<string, Document[]>();

  /** Promises 3 and 4, at the moment of a write: never backwards, never undead, and whole before it is visible. */
  written(jobId: string, document: Document | undefined, replaces: boolean): void {
    if (document === undefined) throw new Violation(`${jobId}: a head was written before its parts`);
    const former = this.current(jobId);
    if (replaces && former !== undefined) {
      if (former.deleted) throw new Violation(`${jobId}: a tombstone was replaced`);
      if (!document.deleted && revisionOf(document) < revisionOf(former))
        throw new Violation(`${jobId}: the revision fell`);
      if (sameDocument(document, former)) throw new Violation(`${jobId}: a write changed nothing`);
      if (!sameDocument(merge(former, document), document))
        throw new Violation(`${jobId}: a write lost what was there`);
    }
    this.historyOf(jobId).push(document);
  }

  /** The document that was written last; undefined for none. */
  current(jobId: string): Document | undefined {
    return this.historyOf(jobId).at(-1);
  }

  /** How many documents of the job were written so far. */
  count(jobId: string): number {
    return this.historyOf(jobId).length;
  }

  /** The newest written document up to `end` that holds these bytes at this revision, and its place. */
  find(
    jobId: string,
    job: Uint8Array,
    revision: bigint,
    end: number,
  ): { readonly document: Document; readonly index: number } | undefined {
    const history = this.historyOf(jobId);
    for (let index = end - 1; index >= 0; index--) {
      const document = history[index]!;
      if (isVisible(document) && revisionOf(document) === revision && Buffer.compare(document.job, job) === 0)
        return { document, index };
    }
    return undefined;
  }

  private historyOf(jobId: string): Document[] {
    const history = this.histories.get(jobId) ?? [];
    this.histories.set(jobId, history);
    return history;
  }
}

/** Whether a document has all that an event says, or something newer. */
export function absorbs(document: Document, event: SimulatedEvent): boolean {
  return event.news !== undefined && sameDocument(merge(document, event.news), document);
}
