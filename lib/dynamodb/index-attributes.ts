/** The attributes of a head item that the index by project is made of: `infra/aws/upstream.yml` has the index. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { LiveDocument } from '../job/document.ts';
import { indexEntryOf, neverSeconds, type IndexEntry, type IndexedJob } from '../store/job-index.ts';

/** Name of the index: `project_id`, then `look_at`. */
export const indexName = 'by-project';

/**
 * `look_at` says when a job is due, in seconds since 1970. Jobs that always are come first, so that one Query finds them
 * together with those that are due by now.
 */
const always = 0;

/** Nothing for a job that is not visible yet, so that the index does not have it. */
export function indexAttributes(document: LiveDocument): Record<string, AttributeValue> {
  const entry = indexEntryOf(document);
  if (entry === undefined) return {};
  return { digest: { N: String(entry.digest) }, look_at: { N: String(secondsOf(entry)) } };
}

function secondsOf({ due }: IndexEntry): number {
  if (due === 'always') return always;
  return due === 'never' ? neverSeconds : due.getTime() / 1000;
}

export function readIndexItem(item: Readonly<Record<string, AttributeValue>>): IndexedJob {
  const lookAt = Number(item['look_at']!.N);
  return {
    jobId: item['job_id']!.S!,
    digest: Number(item['digest']!.N),
    syncedAt: new Date(Number(item['synced_at']!.N)),
    due: lookAt === always ? 'always' : lookAt === neverSeconds ? 'never' : new Date(lookAt * 1000),
  };
}
