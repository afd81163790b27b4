import { openDoor as everybody } from '../../../lib/auth/none.ts';
import { Deadline } from '../../../lib/runtime/deadline.ts';
import { isVisible, revisionOf } from '../../../lib/job/document.ts';
import { createGetJob } from '../../../lib/reading/get-job.ts';
import type { JobAnswer } from '../../../lib/reading/present-job.ts';
import { Status } from '../../../lib/runtime/status.ts';
import type { SimulatedEvent } from './events.ts';
import type { Process } from './network.ts';
import type { SimulatedEngine } from './simulated-engine.ts';
import { absorbs, Violation, type Witness } from './witness.ts';
import type { World } from './world.ts';

export interface ReaderOptions {
  readonly world: World;
  readonly engine: SimulatedEngine;
  readonly witness: Witness;
  readonly events: readonly SimulatedEvent[];
  /** Keeps the first failure of a check. */
  readonly record: (check: () => void) => void;
}

const readerCount = 3;
const readsEach = 25;

/** Lets readers in, each with one Get after another at random moments, and checks what every one of them gets. */
export function startReaders(options: ReaderOptions): { readonly reads: () => number } {
  let reads = 0;
  const tags = new Map<string, Uint8Array>();
  for (let reader = 0; reader < readerCount; reader++) {
    void (async () => {
      const lastSeen = new Map<string, bigint>();
      for (let read = 0; read < readsEach; read++) {
        await options.world.sleep(options.world.integer(0, 16_000));
        reads++;
        await readOnce(options, lastSeen, tags);
      }
    })();
  }
  return { reads: () => reads };
}

async function readOnce(
  { world, engine, witness, events, record }: ReaderOptions,
  lastSeen: Map<string, bigint>,
  tags: Map<string, Uint8Array>,
): Promise<void> {
  const process: Process = { alive: true, wrotePart: false, died: () => undefined };
  const died = new Promise<undefined>((resolve) => {
    process.died = () => {
      resolve(undefined);
    };
  });
  const getJob = createGetJob({
    store: engine.reader(process),
    authenticator: everybody,
    notFoundAfterMs: 0,
  });
  const { jobId, revision } = world.pick(events);
  const consistent = world.chance(0.5);
  const minRevision = world.chance(0.4) ? revision : undefined;

  const firstIndex = witness.count(jobId) - 1;
  const before = witness.current(jobId);
  const reflectedBefore =
    minRevision !== undefined && before !== undefined && reflectsByEvents(before, events, jobId, minRevision);
  const deadline = new Deadline(10_000, { clock: world.clock });
  const request = { jobId, consistent, minRevision };
  let answer: JobAnswer | Status | undefined;
  try {
    answer = await Promise.race([
      getJob(request, { credentials: { authorization: undefined }, deadline }),
      died,
    ]);
  } catch (error) {
    answer = error as Status;
  }
  if (answer === undefined) return;
  const result = answer;
  record(() => {
    const say = (problem: string): never => {
      throw new Violation(
        `${jobId}, ${consistent ? 'consistent' : 'lagging'}, at least ${String(minRevision)}: ${problem}`,
      );
    };
    // A read that asks for a revision is consistent before it gives up.
    const mustSee = consistent || minRevision !== undefined;
    if (result instanceof Error) {
      if (!(result instanceof Status)) return say(`failed with ${String(result)}`);
      const stillVisible =
        before !== undefined && isVisible(before) && witness.current(jobId)?.deleted === false;
      if (result.code === 'NOT_FOUND' && mustSee && stillVisible) say('a visible job was not found');
      if (result.message.includes('does not reflect') && reflectedBefore)
        say('a reflected revision was denied');
      if (!['NOT_FOUND', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(result.code)) say(result.code);
      return;
    }
    const found =
      witness.find(jobId, result.job, result.revision, witness.count(jobId)) ??
      say('the answer was never written as a whole');
    if (consistent) {
      if (before?.deleted === true) say('a deleted job came back');
      if (found.index < firstIndex) say('a consistent read did not see what was written before it');
      if (result.revision < (lastSeen.get(jobId) ?? 0n)) say('the revision fell');
      lastSeen.set(jobId, result.revision);
    }
    if (minRevision !== undefined && !reflectsByEvents(found.document, events, jobId, minRevision))
      say('the answer does not reflect what was asked for');
    const tagged = tags.get(`${jobId} ${result.etag}`);
    if (tagged !== undefined && Buffer.compare(tagged, result.job) !== 0) say('one ETag, two answers');
    tags.set(`${jobId} ${result.etag}`, result.job);
    if (result.revision !== revisionOf(found.document as never))
      say('the revision is not the document\u2019s');
  });
}

/** By what was published, not by what the document remembers: the event of that revision, or a newer snapshot, is in. */
function reflectsByEvents(
  document: Parameters<typeof absorbs>[0],
  events: readonly SimulatedEvent[],
  jobId: string,
  minRevision: bigint,
): boolean {
  return events.some(
    (event) =>
      event.jobId === jobId &&
      event.fate === 'applied' &&
      (event.revision === minRevision ||
        (event.change?.kind === 'snapshot' && event.revision >= minRevision)) &&
      absorbs(document, event),
  );
}
