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

/** The cells of the tables under a heading, row by row, of tables with so many columns. */
function rows(heading: string, columns: number): readonly (readonly string[])[] {
  return operations
    .section(heading)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(1, -1).split('|'))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter((cells) => cells.length === columns);
}

const named = (cell: string): readonly string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

/** The fields that lines of a function may have, sorted, but for the metrics and their dimensions. */
export function documentedFields(functionName: string): readonly string[] {
  return rows('What is measured', 3)
    .filter(([, of = '']) => of === 'all' || named(of).includes(functionName))
    .map(([name = '']) => named(name)[0]!)
    .sort();
}

/** The metrics of a function, as `Errors by Function, Code in count`, sorted. */
export function documentedMetrics(functionName: string): readonly string[] {
  return rows('What is measured', 4)
    .filter(([, , of = '']) => of === 'all' || named(of).includes(functionName))
    .flatMap(([name = '', unit = '', , what = '']) => {
      const third = /by the dimension `(\w+)`/.exec(what)?.[1];
      return ['Function', ...(third === undefined ? [] : [`Function, ${third}`])].map(
        (dimensions) => `${named(name)[0]!} by ${dimensions} in ${unit}`,
      );
    })
    .sort();
}
