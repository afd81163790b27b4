import { beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline } from '../../lib/runtime/deadline.ts';
import { createFreshness } from '../../lib/reading/freshness.ts';
import type { RefreshState } from '../../lib/store/refresh-leases.ts';

const nowMs = Date.parse('2026-11-24T12:00:00Z');
const at = (seconds: number): Date => new Date(nowMs + seconds * 1000);

/** Rounds began 20 s and 10 s ago; the last one was written down half a second after its start. */
const usual: RefreshState = {
  previousRoundAt: at(-20),
  roundAt: at(-10),
  recordedAt: at(-9.5),
  sweepAt: undefined,
  sweepPages: 0,
};

let reads: string[];
let clockMs: number;
beforeEach(() => {
  reads = [];
  clockMs = nowMs;
});

const freshness = (read: () => Promise<RefreshState | undefined>) =>
  createFreshness(
    {
      read: (projectId) => {
        reads.push(projectId);
        return read();
      },
    },
    { refreshSeconds: 10, now: () => clockMs },
  );

/** @param readAt when the document was read, in seconds from now */
const confirmed = (state: RefreshState | undefined, { syncedAt = -3600, readAt = 0 } = {}): Promise<Date> =>
  freshness(() => Promise.resolve(state)).confirmedAt(
    { projectId: 'p1', syncedAt: at(syncedAt), readAtMs: at(readAt).getTime() },
    new Deadline(1000),
  );

describe('a document of a running job', () => {
  it('is as fresh as the start of the last round that left it as it is', async () => {
    expect(await confirmed(usual)).toEqual(at(-10));
  });

  it('is as fresh as its own write where that is newer', async () => {
    expect(await confirmed(usual, { syncedAt: -5 })).toEqual(at(-5));
  });

  it('is as fresh as its own write where that was so shortly before the round that the round may have missed it', async () => {
    expect(await confirmed(usual, { syncedAt: -10.5 })).toEqual(at(-10.5));
  });

  it('is only as fresh as the round before, if it was read before the last one was over', async () => {
    const slow = { ...usual, roundAt: at(-10), recordedAt: at(-0.5) };
    expect(await confirmed(slow)).toEqual(at(-20));
    expect(await confirmed(usual, { readAt: -9.6 })).toEqual(at(-3600));
  });

  it('is as fresh as its own write where nobody makes rounds, or none has ended well', async () => {
    expect(await confirmed(undefined)).toEqual(at(-3600));
    expect(await confirmed({ ...usual, roundAt: undefined, recordedAt: undefined })).toEqual(at(-3600));
  });

  it('is as fresh as its own write where the rounds cannot be read: that is no reason to fail', async () => {
    const broken = freshness(() => Promise.reject(new Error('no table')));
    const document = { projectId: 'p1', syncedAt: at(-3600), readAtMs: nowMs };
    expect(await broken.confirmedAt(document, new Deadline(1000))).toEqual(at(-3600));
  });
});

describe('a read of the rounds that hangs', () => {
  it('keeps no answer waiting that is there already', async () => {
    const hanging = freshness(() => new Promise(() => undefined));
    const document = { projectId: 'p1', syncedAt: at(-3600), readAtMs: nowMs };
    expect(await hanging.confirmedAt(document, new Deadline(60_000))).toEqual(at(-3600));
    expect(await hanging.confirmedAt(document, new Deadline(10))).toEqual(at(-3600));
  });
});

describe('the state of a project’s rounds', () => {
  const document = (projectId: string) => ({ projectId, syncedAt: at(-3600), readAtMs: nowMs });

  it('is read once for all who ask within a second', async () => {
    const shared = freshness(() => Promise.resolve(usual));
    await Promise.all([1, 2, 3].map(() => shared.confirmedAt(document('p1'), new Deadline(1000))));
    clockMs += 999;
    await shared.confirmedAt(document('p1'), new Deadline(1000));
    expect(reads).toEqual(['p1']);
    clockMs += 1;
    await shared.confirmedAt(document('p1'), new Deadline(1000));
    await shared.confirmedAt(document('p2'), new Deadline(1000));
    expect(reads).toEqual(['p1', 'p1', 'p2']);
  });

  it('is read again where the machine’s clock was set back', async () => {
    const shared = freshness(() => Promise.resolve(usual));
    await shared.confirmedAt(document('p1'), new Deadline(1000));
    clockMs -= 3_600_000;
    await shared.confirmedAt(document('p1'), new Deadline(1000));
    expect(reads).toHaveLength(2);
  });
});
