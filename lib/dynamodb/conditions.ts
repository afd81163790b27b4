import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Document } from '../job/document.ts';
import { patchesAlone, type Expectation } from '../store/job-store.ts';

/** The part of a PutItem that makes it conditional. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export const nothingThere: Condition = { ConditionExpression: 'attribute_not_exists(job_id)' };

/**
 * The condition under which `document` may replace a head: `mayReplace` in DynamoDB's words.
 *
 * @throws {Error} as `mayReplace`
 */
export function conditionFor(document: Document, expect: Expectation): Condition {
  if (expect !== 'nothing-newer') {
    const { unchangedFrom } = expect;
    if (unchangedFrom === undefined) return nothingThere;
    // Each write of a head has its own generation, so this is the very head that was read. A tombstone has none, so
    // nothing replaces it.
    return {
      ConditionExpression: 'generation = :generation',
      ExpressionAttributeValues: { ':generation': { S: unchangedFrom.generation } },
    };
  }
  // A deletion absorbs everything. Only a second one has nothing to write.
  if (document.deleted) return { ConditionExpression: 'attribute_not_exists(expires_at)' };
  if (document.snapshotRevision === undefined) throw patchesAlone();
  // A head with a lower revision than the snapshot's holds only older fields and patches: merging would give the snapshot
  // itself. A head with the same revision may hold greater bytes. A tombstone has no revision, so the comparison is false.
  return {
    ConditionExpression: `${nothingThere.ConditionExpression} OR revision < :snapshot`,
    ExpressionAttributeValues: { ':snapshot': { N: String(document.snapshotRevision) } },
  };
}
