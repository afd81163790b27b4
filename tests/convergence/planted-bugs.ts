/** Bugs that somebody could write, each as one replaced text. The checks must find every one of them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const merge = 'lib/job/merge.ts';
const document = 'lib/job/document.ts';
const syncJobs = 'lib/feeding/sync-jobs.ts';
const syncMessages = 'lib/feeding/sync-messages.ts';
const writeNews = 'lib/feeding/write-news.ts';
const readNoticed = 'lib/feeding/read-noticed.ts';
const getJob = 'lib/reading/get-job.ts';
const findJob = 'lib/reading/find-job.ts';
const presentJob = 'lib/reading/present-job.ts';
const store = 'lib/dynamodb/job-store.ts';
const reader = 'lib/dynamodb/job-reader.ts';
const conditions = 'lib/dynamodb/conditions.ts';
const partsWriter = 'lib/dynamodb/parts-writer.ts';
const laterPatches = 'lib/dynamodb/later-patches.ts';
const headItem = 'lib/dynamodb/head-item.ts';
const port = 'lib/store/job-store.ts';
const memory = 'lib/memory/job-store.ts';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'of equal revisions the first to come wins',
    file: merge,
    from: 'return Buffer.compare(a.bytes, b.bytes) >= 0 ? a : b;',
    to: 'return a;',
  },
  {
    name: 'an older field wins over a newer one',
    file: merge,
    from: 'return a.revision > b.revision ? a : b;',
    to: 'return a.revision < b.revision ? a : b;',
  },
  {
    name: 'a deletion does not absorb what comes after it',
    file: merge,
    from: 'if (a.deleted) return a;',
    to: 'if (a.deleted) return b;',
  },
  {
    name: 'a patch of the snapshot\u2019s own revision counts as newer',
    file: merge,
    from: 'patch.revision > snapshotRevision)',
    to: 'patch.revision >= snapshotRevision)',
  },
  {
    name: 'the older snapshot\u2019s revision is kept',
    file: merge,
    from: 'return a > b ? a : b;',
    to: 'return a < b ? a : b;',
  },
  {
    name: 'a patch clears nothing',
    file: merge,
    from: 'later: [{ revision, fields }],',
    to: 'later: [{ revision, fields: fields.filter((number) => values.has(number)) }],',
  },
  {
    name: 'patches whose fields were overwritten are forgotten',
    file: merge,
    from: 'const later = [...owned]',
    to: 'const later = [...owned].filter(([, numbers]) => numbers.length > 0)',
  },
  {
    name: 'a job is visible before its snapshot',
    file: document,
    from: 'return !document.deleted && document.snapshotRevision !== undefined;',
    to: 'return !document.deleted;',
  },
  {
    name: 'a higher revision counts as proof',
    file: document,
    from: 'document.later.some((patch) => patch.revision === revision)',
    to: 'document.later.some((patch) => patch.revision >= revision)',
  },
  {
    name: 'a document reflects only snapshots newer than what was asked for',
    file: document,
    from: 'document.snapshotRevision >= revision) return true;',
    to: 'document.snapshotRevision > revision) return true;',
  },
  {
    name: 'the revision is the first patch\u2019s',
    file: document,
    from: 'document.later.at(-1)?.revision',
    to: 'document.later.at(0)?.revision',
  },
  {
    name: 'a blind write replaces an equal revision',
    file: conditions,
    from: 'OR revision < :snapshot',
    to: 'OR revision <= :snapshot',
  },
  {
    name: 'a blind write looks at the snapshot only, not at newer patches',
    file: conditions,
    from: 'OR revision < :snapshot',
    to: 'OR snapshot_revision < :snapshot',
  },
  {
    name: 'a merged write has no condition',
    file: conditions,
    from: "ConditionExpression: 'generation = :generation',",
    to: "ConditionExpression: 'attribute_not_exists(expires_at)',",
  },
  {
    name: 'a deletion leaves no tombstone that lasts',
    file: headItem,
    from: 'expires_at: { N: String(expiresAt) } }',
    to: 'revision: { N: String(expiresAt % 7) } }',
  },
  {
    name: 'every failure of a write is taken for a lost race',
    file: store,
    from: 'if (!isConditionFailure(error)) throw error;',
    to: 'if (!isConditionFailure(error)) return { written: true, replaced: undefined };',
  },
  {
    name: 'a lost race is taken for a success',
    file: store,
    from: 'return { written: false, current };',
    to: 'return { written: true };',
  },
  {
    name: 'a writer does not know its own write again, and deletes its parts',
    file: store,
    from: 'if (current?.generation === generation) {',
    to: 'if (current === undefined) {',
  },
  {
    name: 'the head is written before its parts',
    file: store,
    from: 'await partsWriter.write(jobId, generation, layout.rest, deadline) : 0;',
    to: 'await partsWriter.write(jobId, generation, layout.rest.subarray(0, 1), deadline).then(() => Math.ceil((layout.rest as Uint8Array).length / limits.partBytes)) : 0;',
  },
  {
    name: 'the parts of the new document are deleted instead of the old one\u2019s',
    file: store,
    from: 'await tidyUp(jobId, result.replaced, parts, deadline);',
    to: 'await tidyUp(jobId, parts > 0 ? item : result.replaced, parts, deadline);',
  },
  {
    name: 'a read of a document in parts does not notice a missing one',
    file: reader,
    from: 'return bytes.length === head.parts ? Buffer.concat(bytes) : undefined;',
    to: 'return Buffer.concat(bytes);',
  },
  {
    name: 'what is in the way is read without consistency',
    file: store,
    from: 'reader.get(jobId, { consistent: true, deadline });',
    to: 'reader.get(jobId, { consistent: false, deadline });',
  },
  {
    name: 'consistent reads are not',
    file: reader,
    from: 'ConsistentRead: consistent,',
    to: 'ConsistentRead: false,',
  },
  {
    name: 'parts that a live head names are taken for abandoned',
    file: partsWriter,
    from: 'parts.filter((part) => generationOf(part) !== current)',
    to: 'parts',
  },
  {
    name: 'abandoned parts are never found',
    file: partsWriter,
    from: '} while (from !== undefined);',
    to: '} while (from === null);',
  },
  {
    name: 'a redelivery does not look for what a crash left behind',
    file: syncJobs,
    from: 'if (from.some(({ redelivered }) => redelivered))',
    to: 'if (from.length < 0)',
  },
  {
    name: 'only the first event of a job in a batch is applied',
    file: syncJobs,
    from: '.reduce(merge);',
    to: '.reduce((first) => first);',
  },
  {
    name: 'a lost race is not merged again',
    file: writeNews,
    from: 'merge(found.document, news);',
    to: 'news;',
  },
  {
    name: 'what changes nothing is written all the same',
    file: writeNews,
    from: "if (merged === found?.document) return 'unchanged';",
    to: '',
  },
  {
    name: 'an error of the store is swallowed',
    file: syncJobs,
    from: 'return toStatus(error);',
    to: "return 'unchanged';",
  },
  {
    name: 'one too large event takes its neighbours with it',
    file: syncJobs,
    from: 'if (!tooLarge || news.length === 1)',
    to: 'if (!tooLarge || news.length > 0)',
  },
  {
    name: 'a notice without an upstream is acknowledged',
    file: readNoticed,
    from: 'if (upstream === undefined) throw noUpstream();',
    to: 'if (upstream === undefined) return undefined;',
  },
  {
    name: 'what cannot be read is acknowledged',
    file: syncMessages,
    from: '...refused.map((outcome) => ({ outcome })),',
    to: '',
  },
  {
    name: 'the ids of the others are returned as failed',
    file: syncMessages,
    from: 'message.events.some(hasFailed)',
    to: '!message.events.some(hasFailed)',
  },
  {
    name: 'nothing is returned as failed',
    file: syncMessages,
    from: '  return failed;',
    to: '  return [];',
  },
  {
    name: 'a revision that was asked for is not waited for',
    file: getJob,
    from: 'if (!satisfies(found, query)) throw',
    to: 'if (false as boolean) throw',
  },
  {
    name: 'a revision that was asked for is not looked for with a consistent read',
    file: findJob,
    from: 'if (minRevision !== undefined && !consistent && !satisfies(found, query))',
    to: 'if (minRevision !== undefined && consistent && !satisfies(found, query))',
  },
  {
    name: 'the ETag is the revision alone',
    file: presentJob,
    from: 'crc32(job).toString(16)',
    to: 'crc32(job.subarray(0, 0)).toString(16)',
  },
  {
    name: 'the memory engine: a blind write replaces an equal revision',
    file: port,
    from: 'revisionOf(current.document) < document.snapshotRevision!',
    to: 'revisionOf(current.document) <= document.snapshotRevision!',
  },
  {
    name: 'the memory engine: a merged write has no condition',
    file: port,
    from: 'if (!blind) return expect.unchangedFrom?.generation === current.generation;',
    to: 'if (!blind) return true;',
  },
  {
    name: 'the memory engine: a tombstone is replaced',
    file: port,
    from: 'if (current.document.deleted) return false;',
    to: 'if (current.document.deleted) return true;',
  },
  {
    name: 'the memory engine: every write has one generation',
    file: memory,
    from: 'String(++writes)',
    to: "'1'",
  },
  {
    name: 'the memory engine: a refused write is taken for a success',
    file: memory,
    from: 'return { written: false, current };',
    to: 'return { written: true };',
  },
  {
    name: 'the steps between later revisions are lost',
    file: laterPatches,
    from: 'const step = revision - previous;',
    to: 'const step = revision;',
  },
];

/**
 * Runs checks in a process with the bug.
 *
 * @param first the check to begin with, after which the first one that fails ends the search; or `all`
 * @returns the checks that failed
 */
export async function findBug(bug: PlantedBug, first: string): Promise<readonly string[]> {
  const plant = join(import.meta.dirname, 'plant-bug.js');
  const args = ['--import', plant, join(import.meta.dirname, 'find-bug.ts'), first];
  const env = { ...process.env, PLANTED_BUG: JSON.stringify(bug) };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 300_000 });
  return JSON.parse(stdout) as string[];
}
