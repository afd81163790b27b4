/** What docs/operations.md says, for tests that hold it to the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './local-stack.ts';

const text = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');

export const operations = {
  /** A section of the second level, with all that is in it. */
  section(heading: string): string {
    const start = text.indexOf(`\n## ${heading}\n`);
    if (start < 0) throw new Error(`docs/operations.md has no section ${heading}`);
    const end = text.indexOf('\n## ', start + 1);
    return text.slice(start, end < 0 ? undefined : end);
  },

  headings(level: number): readonly string[] {
    return [...text.matchAll(new RegExp(`^#{${level}} (.*)$`, 'gm'))].map(([, heading]) => heading!);
  },
};

/** The names in the first columns of a section's tables, sorted. */
export function documentedNames(heading: string): readonly string[] {
  return [...operations.section(heading).matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name!).sort();
}
