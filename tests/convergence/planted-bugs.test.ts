import { describe, expect, it } from '@jest/globals';
import { firstCheckFor } from './first-checks.ts';
import { findBug, plantedBugs } from './planted-bugs.ts';

describe('the code as it is', () => {
  it('passes every check that finds the planted bugs', async () => {
    const { file, from } = plantedBugs[0]!;
    expect(await findBug({ name: 'none', file, from, to: from }, 'all')).toEqual([]);
  }, 240_000);
});

describe('a planted bug', () => {
  it.concurrent.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
    'is found: %s',
    async (_, bug) => {
      const check = firstCheckFor(bug.name);
      expect(await findBug(bug, check)).toEqual([check]);
    },
    120_000,
  );
});
