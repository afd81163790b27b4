import { afterEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { shareReads } from '../../lib/reading/shared-reads.ts';
import { Status } from '../../lib/runtime/status.ts';
import type { JobReader, ReadOptions, StoredJob } from '../../lib/store/job-store.ts';
import { snapshotOf } from '../support/documents.ts';

const stored = (revision: number): StoredJob => ({
  document: snapshotOf({}, revision),
  syncedAt: new Date(0),
  generation: String(revision),
});

interface HeldRead {
  readonly jobId: string;
  readonly options: ReadOptions;
  readonly end: (found?: StoredJob | Status) => void;
}

let reads: HeldRead[] = [];

/** A reader whose reads end when they are told to. */
function heldReader() {
  reads = [];
  const reader: JobReader = {
    get: (jobId, options) =>
      new Promise((resolve, reject) => {
        const end = (found?: StoredJob | Status): void => {
          if (found instanceof Status) reject(found);
          else resolve(found);
        };
        reads.push({ jobId, options, end });
      }),
  };
  const clock = { nowMs: 0 };
  const shared = shareReads(reader, { maxAgeMs: 50, timeoutMs: 10_000, now: () => clock.nowMs });
  return { reads, clock, shared };
}

const options = (more: Partial<ReadOptions> = {}): ReadOptions => ({
  consistent: false,
  deadline: new Deadline(10_000),
  ...more,
});

/** Another caller each time, as each request's is. */
const reading = (...projects: readonly string[]): NonNullable<ReadOptions['caller']> => ({
  mayRead: (projectId) => projects.includes(projectId),
});

describe('shared reads', () => {
  afterEach(() => {
    for (const { end } of reads) end();
  });

  it('make one read of a job for all who ask while it is under way', async () => {
    const { reads, shared } = heldReader();
    const gets = [shared.get('j', options()), shared.get('j', options()), shared.get('j', options())];
    expect(reads).toHaveLength(1);
    reads[0]!.end(stored(7));
    expect(await Promise.all(gets)).toEqual([stored(7), stored(7), stored(7)]);
  });

  it('are never older than the setting allows, counted from their start', async () => {
    const { reads, clock, shared } = heldReader();
    const first = shared.get('j', options());
    clock.nowMs = 40;
    reads[0]!.end(stored(1));
    await first;
    clock.nowMs = 49.9;
    expect(await shared.get('j', options())).toEqual(stored(1));
    clock.nowMs = 50;
    const later = shared.get('j', options());
    expect(reads).toHaveLength(2);
    reads[1]!.end(stored(2));
    expect(await later).toEqual(stored(2));
  });

  it('are not made for consistent reads', () => {
    const { reads, shared } = heldReader();
    void shared.get('j', options({ consistent: true }));
    void shared.get('j', options({ consistent: true }));
    void shared.get('j', options());
    expect(reads.map((read) => read.options.consistent)).toEqual([true, true, false]);
  });

  it('are not made between jobs', () => {
    const { reads, shared } = heldReader();
    for (const id of ['a', 'b', 'a']) void shared.get(id, options());
    expect(reads.map(({ jobId }) => jobId)).toEqual(['a', 'b']);
  });

  it('are made alone by those who may not read the job, and at once, so that they cannot tell that others do', async () => {
    const { reads, clock, shared } = heldReader();
    const [stranger, owner, otherOwner] = [reading(), reading('p1'), reading('p1', 'p2')];
    // Nobody knows yet whose job it is.
    const first = shared.get('j', options({ caller: owner }));
    void shared.get('j', options({ caller: stranger }));
    void shared.get('j', options({ caller: otherOwner }));
    expect(reads).toHaveLength(3);
    reads[0]!.end(stored(7));
    await first;
    // It is at hand, and is no help to him.
    void shared.get('j', options({ caller: stranger }));
    expect(reads).toHaveLength(4);
    expect(await shared.get('j', options({ caller: otherOwner }))).toEqual(stored(7));
    // The next read is under way.
    clock.nowMs = 50;
    const second = [
      shared.get('j', options({ caller: owner })),
      shared.get('j', options({ caller: otherOwner })),
    ];
    expect(reads).toHaveLength(5);
    void shared.get('j', options({ caller: stranger }));
    expect(reads).toHaveLength(6);
    reads[4]!.end(stored(8));
    expect(await Promise.all(second)).toEqual([stored(8), stored(8)]);
  });

  it('are made anew for those who waited for a job that has left their projects', async () => {
    const { reads, clock, shared } = heldReader();
    const first = shared.get('j', options({ caller: reading('p1') }));
    reads[0]!.end(stored(7));
    await first;
    clock.nowMs = 50;
    void shared.get('j', options({ caller: reading('p1', 'p2') }));
    const waiting = shared.get('j', options({ caller: reading('p1') }));
    expect(reads).toHaveLength(2);
    const { document, ...rest } = stored(8);
    reads[1]!.end({ ...rest, document: { ...document, ...snapshotOf({ projectId: 'p2' }, 8) } });
    while (reads.length < 3) await new Promise(setImmediate);
    reads[2]!.end(undefined);
    expect(await waiting).toBeUndefined();
  });

  it('never tell one caller that a job is absent because another may not read it', async () => {
    const { reads, shared } = heldReader();
    const stranger = shared.get('j', options({ caller: reading() }));
    const owner = shared.get('j', options({ caller: reading('p1') }));
    reads[0]!.end(undefined);
    expect(await stranger).toBeUndefined();
    reads[1]!.end(stored(7));
    expect(await owner).toEqual(stored(7));
  });

  it('fail for all who wait where the job is malformed', async () => {
    const { reads, shared } = heldReader();
    const waiting = [shared.get('j', options()), shared.get('j', options())];
    const { document, ...rest } = stored(7);
    reads[0]!.end({
      ...rest,
      document: { ...document, job: Buffer.from([0x4a, 0x7f]) } as StoredJob['document'],
    });
    for (const get of waiting) await expect(get).rejects.toMatchObject({ name: 'MalformedMessageError' });
  });

  it('do not outlast the deadline of any who wait, and go on for the others', async () => {
    const { reads, shared } = heldReader();
    const hasty = shared.get('j', options({ deadline: new Deadline(20) }));
    const patient = shared.get('j', options());
    await expect(hasty).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    reads[0]!.end(stored(7));
    expect(await patient).toEqual(stored(7));
  });

  it('fail for all who wait, and are made anew by the next', async () => {
    const { reads, shared } = heldReader();
    const waiting = [shared.get('j', options()), shared.get('j', options())];
    reads[0]!.end(new Status('STORE_UNAVAILABLE', 'the table is away'));
    for (const get of waiting) await expect(get).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    void shared.get('j', options());
    expect(reads).toHaveLength(2);
  });

  it('forget documents beyond 32 MB, and serve them all the same', async () => {
    const { reads, shared } = heldReader();
    const large = (revision: number): StoredJob => ({
      ...stored(revision),
      document: snapshotOf({ config: Buffer.alloc(20 << 20, 'a') }, revision),
    });
    for (const [index, id] of ['a', 'b'].entries()) {
      const get = shared.get(id, options());
      reads[index]!.end(large(index));
      await get;
    }
    await shared.get('a', options());
    expect(reads).toHaveLength(2);
    void shared.get('b', options());
    expect(reads).toHaveLength(3);
  });

  it('are switched off by 0', () => {
    const reader: JobReader = { get: () => Promise.resolve(undefined) };
    expect(shareReads(reader, { maxAgeMs: 0, timeoutMs: 1 })).toBe(reader);
  });
});
