/** The table of docs/correctness.md that has every planted bug with the checks that find it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A bug by name, with the names of the checks that find it. */
export type FoundBug = readonly [name: string, checks: readonly string[]];

const page = join(import.meta.dirname, '../../docs/correctness.md');
const marked = /(?<=<!-- `npm run simulate -- bugs` writes this table\. -->\n\n)(?:\|.*\n)+/;

/** The table in Markdown, with columns as wide as Prettier makes them. */
export function formatBugTable(found: readonly FoundBug[]): string {
  const rows = [['planted bug', 'found by'], ...found.map(([name, checks]) => [name, summary(checks)])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = [rows[0]!, widths.map((width) => '-'.repeat(width)), ...rows.slice(1)];
  return lines.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |\n`).join('');
}

/** Such as `histories, 2 laws, simulation`. */
function summary(checks: readonly string[]): string {
  const laws = checks.filter((check) => check.startsWith('law: ')).length;
  const others = checks.filter((check) => !check.startsWith('law: '));
  if (laws > 0) others.splice(others.includes('histories') ? 1 : 0, 0, laws === 1 ? '1 law' : `${laws} laws`);
  return others.join(', ') || 'NOT FOUND';
}

export async function writeBugTable(found: readonly FoundBug[]): Promise<void> {
  const text = await readFile(page, 'utf8');
  await writeFile(
    page,
    text.replace(marked, () => formatBugTable(found)),
  );
}

/** The rows of the page's table: the names of the bugs, and what is said to find them. */
export async function readBugTable(): Promise<readonly (readonly [name: string, foundBy: string])[]> {
  const [table = ''] = marked.exec(await readFile(page, 'utf8')) ?? [];
  return [...table.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].slice(2).map(([, name, by]) => [name!, by!]);
}
