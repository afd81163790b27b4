import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Document } from '../job/document.ts';
import type { Expectation } from '../store/job-store.ts';

/** The part of a PutItem that makes it conditional. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

const nothingThere: Condition = { ConditionExpression: 'attribute_not_exists(job_id)' };

/**
 * The condition under which a head may be replaced by `document`.
 *
 * @throws {Error} for a document without a snapshot that was merged with nothing: what is there must be read first
 */
export function conditionFor(document: Document, expect: Expectation): Condition {
  if (expect !== 'nothing-newer') {
    const { unchangedFrom } = expect;
    if (unchangedFrom === undefined) return nothingThere;
    // Each write of a head has a generation of its own, so this is the very head that was read. A tombstone has none:
    // nothing replaces it.
    return {
      ConditionExpression: 'generation = :generation',
      ExpressionAttributeValues: { ':generation': { S: unchangedFrom.generation } },
    };
  }
  // A deletion absorbs everything; only a second one has nothing to write.
  if (document.deleted) return { ConditionExpression: 'attribute_not_exists(expires_at)' };
  if (document.snapshotRevision === undefined)
    throw new Error('patches alone cannot replace what was not read');
  // A head whose revision is below the snapshot's holds nothing but older fields and patches: merging would give the
  // snapshot itself. A head of the same revision may hold greater bytes. A tombstone has no revision, so that the
  // comparison is false.
  return {
    ConditionExpression: `${nothingThere.ConditionExpression} OR revision < :snapshot`,
    ExpressionAttributeValues: { ':snapshot': { N: String(document.snapshotRevision) } },
  };
}
