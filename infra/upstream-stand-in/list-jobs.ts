/** The List of the stand-in. */
import protobuf from 'protobufjs/minimal.js';
import { Refusal } from './refusal.ts';
import { JobStatus } from './sdk.ts';
import type { World } from './world.ts';

export interface ListRequest {
  readonly projectId: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly filter: string;
}

/** Upstream documents neither, so these are the limits of its sibling services. */
const defaultPageSize = 100;
const largestPageSize = 1000;

/** From the comment and the `length` option of `ListProjectJobRequest.filter`. */
const longestFilter = 1000;

const bad = (message: string): Refusal => new Refusal('INVALID_ARGUMENT', message);

/**
 * Gives the bytes of a ListProjectJobResponse, newest jobs first, each as Get answers it. A page token names the last
 * job of the page before, so it stays valid when jobs are created or deleted.
 *
 * @throws {Refusal} INVALID_ARGUMENT or NOT_FOUND
 */
export function listJobs(world: World, request: ListRequest): Uint8Array {
  const { projectId, pageSize, filter, pageToken } = request;
  if (pageSize < 0 || pageSize > largestPageSize)
    throw bad(`page_size is ${pageSize}: it must be from 0 to ${largestPageSize}`);
  const statuses = parseFilter(filter);
  const before = readPageToken(pageToken, request);
  if (!world.hasProject(projectId)) throw new Refusal('NOT_FOUND', `project ${projectId} was not found`);
  const found = world
    .jobsIn(projectId)
    .filter(({ ordinal, job }) => ordinal < before && (statuses?.has(job.status) ?? true))
    .reverse();
  const page = found.slice(0, pageSize === 0 ? defaultPageSize : pageSize);
  const response = protobuf.Writer.create();
  for (const { id } of page) response.uint32((1 << 3) | 2).bytes(world.jobs().get(id)!);
  if (page.length < found.length)
    response.uint32((2 << 3) | 2).string(pageTokenAfter(page.at(-1)!.ordinal, request));
  return response.finish();
}

/** Reads the statuses of `status IN (A, B)`, the only form of a filter; undefined for all. */
function parseFilter(filter: string): ReadonlySet<number> | undefined {
  if (filter === '') return undefined;
  if (filter.length > longestFilter) throw bad(`filter is longer than ${longestFilter} characters`);
  const names = /^\s*status\s+IN\s*\(([^()]*)\)\s*$/.exec(filter)?.[1];
  if (names === undefined) throw bad('filter must be of the form: status IN (EXECUTING, UPLOADING_OUTPUT)');
  return new Set(
    names.split(',').map((text) => {
      const number = (JobStatus as unknown as Readonly<Record<string, number | undefined>>)[text.trim()];
      if (typeof number !== 'number' || number <= 0)
        throw bad(`filter has an unknown status: ${text.trim()}`);
      return number;
    }),
  );
}

function pageTokenAfter(ordinal: number, { projectId, filter }: ListRequest): string {
  return Buffer.from(JSON.stringify([ordinal, projectId, filter])).toString('base64url');
}

/** Gives the ordinal below which the jobs of the page are. */
function readPageToken(token: string, { projectId, filter }: ListRequest): number {
  if (token === '') return Infinity;
  try {
    const [ordinal, ofProject, ofFilter] = JSON.parse(
      Buffer.from(token, 'base64url').toString(),
    ) as unknown[];
    if (typeof ordinal === 'number' && ofProject === projectId && ofFilter === filter) return ordinal;
  } catch {
    // It is refused below.
  }
  throw bad('page_token is not of this list');
}
