/** The attributes of a head item that the index by project is made of: `infra/job-index.yml` has the index. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { crc32 } from 'node:zlib';
import { isVisible, type LiveDocument } from '../job/document.ts';
import { readJobLife } from '../job/job-life.ts';
import type { IndexedJob } from '../store/job-index.ts';

/** Name of the index: `project_id`, then `look_at`. */
export const indexName = 'by-project';

/** `look_at` of jobs that run, and of those that need no look any more, in seconds since 1970. */
const running = 0;
const never = 9_999_999_999;

/** Nothing of a job that nobody can read yet: it is in no answer of upstream's that it could be compared with. */
export function indexAttributes(document: LiveDocument): Record<string, AttributeValue> {
  if (!isVisible(document)) return {};
  const { job } = document;
  const life = readJobLife(job);
  const lookAt = life.running ? running : Math.min(life.dataExpiresAt ?? never, never);
  return { digest: { N: String(crc32(job)) }, look_at: { N: String(lookAt) } };
}

export function readIndexItem(item: Readonly<Record<string, AttributeValue>>): IndexedJob {
  const lookAt = Number(item['look_at']!.N);
  return {
    jobId: item['job_id']!.S!,
    digest: Number(item['digest']!.N),
    syncedAt: new Date(Number(item['synced_at']!.N)),
    lookAt: lookAt === running ? 'running' : lookAt === never ? 'never' : new Date(lookAt * 1000),
  };
}
