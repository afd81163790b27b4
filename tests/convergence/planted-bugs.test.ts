import { describe, expect, it } from '@jest/globals';
import { findBug, plantedBugs } from './planted-bugs.ts';

describe('a planted bug', () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
    'is found: %s',
    async (_, bug) => {
      expect(await findBug(bug, 'first')).not.toEqual([]);
    },
    120_000,
  );
});
