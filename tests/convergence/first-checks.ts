/** The check that each planted bug is tried with first: the cheapest one that finds it. */

const inAnyOrder =
  'law: any order, repetition and batching of events of several jobs gives the same answers from Get';

const bugsOf: Readonly<Record<string, readonly string[]>> = {
  histories: [
    'of equal revisions the first to come wins',
    'an older field wins over a newer one',
    'a deletion does not absorb what comes after it',
    'a patch of the snapshot\u2019s own revision counts as newer',
    'the older snapshot\u2019s revision is kept',
    'a patch clears nothing',
    'patches whose fields were overwritten are forgotten',
    'a job is visible before its snapshot',
    'a document reflects only snapshots newer than what was asked for',
    'the revision is the first patch\u2019s',
  ],
  'law: any events in any order and any repetition give what the rules say, field by field': [
    'a higher revision counts as proof',
  ],
  [inAnyOrder]: [
    'a blind write replaces an equal revision',
    'a blind write looks at the snapshot only, not at newer patches',
    'a deletion leaves no tombstone that lasts',
    'a lost race is taken for a success',
    'only the first event of a job in a batch is applied',
    'a lost race is not merged again',
    'what changes nothing is written all the same',
  ],
  'simulation on memory': [
    'the memory engine: a blind write replaces an equal revision',
    'the memory engine: a merged write has no condition',
    'the memory engine: a tombstone is replaced',
    'the memory engine: every write has one generation',
    'the memory engine: a refused write is taken for a success',
  ],
  'law: later patches come back from the table as they were': ['the steps between later revisions are lost'],
};

/** By the name of a bug; the simulation for what is not listed. */
export function firstCheckFor(bug: string): string {
  return Object.entries(bugsOf).find(([, bugs]) => bugs.includes(bug))?.[0] ?? 'simulation';
}
