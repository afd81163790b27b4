import type { Deadline } from '../runtime/deadline.ts';
import { revisionOf, type LiveDocument } from '../job/document.ts';
import { readJobHeading } from '../job/job-heading.ts';
import { merge } from '../job/merge.ts';
import { toStatus } from '../runtime/status.ts';
import type { StoredJob } from '../store/job-store.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import type { JobSource } from '../upstream/job-source.ts';
import { readFromUpstream, type Redaction } from './upstream-snapshot.ts';
import { writeMerged, type WriteParts } from './write-news.ts';

export interface StoreFromUpstreamParts extends WriteParts, Redaction {
  readonly upstream: JobSource;
  /** The projects that are looked at again and again: only what is in them may be kept. */
  readonly projects: readonly string[];
  readonly log: Log;
}

/**
 * Reads one job from upstream, and stores what it gets. It is returned also where it could not be stored: whoever misses
 * it next, or a round, does that. And where it must not be, since no round would ever find out that it ended.
 *
 * @returns undefined where upstream has no such job, or does not show it to us
 * @throws {Status} as upstream does
 */
export async function storeFromUpstream(
  parts: StoreFromUpstreamParts,
  jobId: string,
  deadline: Deadline,
): Promise<StoredJob | undefined> {
  const news = await readFromUpstream(parts.upstream, jobId, parts, deadline).catch(absentWhereDenied);
  if (news === undefined) return undefined;
  const answer = { document: news, syncedAt: timeOf(revisionOf(news)), generation: '' };
  const storeBy = deadline.before(answerMs);
  try {
    const before = await parts.store.get(jobId, { consistent: true, deadline: storeBy });
    if (isLookedAt(news, parts.projects)) await writeMerged(parts, jobId, news, before, storeBy);
    return before === undefined ? answer : { ...answer, document: merge(before.document, news) };
  } catch (error) {
    parts.log('warn', 'a job that was read through is not stored', { jobId, ...failureFields(error) });
    return answer;
  }
}

/** What is kept of the time for the answer, in milliseconds: a table that hangs must not make it late. */
const answerMs = 100;

/** A job that upstream does not show us is as absent: a failure would tell that it is there. */
function absentWhereDenied(error: unknown): undefined {
  if (toStatus(error).reason === 'UPSTREAM_PERMISSION_DENIED') return undefined;
  throw error;
}

function isLookedAt(news: LiveDocument, projects: readonly string[]): boolean {
  return projects.includes(readJobHeading(news.job).projectId);
}

/** The revision of what was read from upstream is when that read began, in microseconds. */
function timeOf(revision: bigint): Date {
  return new Date(Number(revision / 1000n));
}
