/** Prints what was measured. */
import { median, ratio, type Figure } from './figure.ts';
import type { Verdict } from './goals.ts';
import type { Machine } from './machine.ts';

export function printMachine({ cpu, platform, node, packages, date }: Machine): void {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  console.log(`${date}, ${cpu}, ${platform}, Node ${node}`);
  for (let index = 0; index < versions.length; index += 4)
    console.log(`  ${versions.slice(index, index + 4).join(', ')}`);
  console.log(
    'Medians of the rounds, with the lowest and the highest; "ours" is the first line by this one, the median of each round’s ratio.',
  );
}

/** One table a subject: a line for each contestant, two columns for each unit. */
export function printFigures(figures: readonly Figure[]): void {
  for (const [heading, lines] of Map.groupBy(figures, ({ group, subject }) => `${group}: ${subject}`)) {
    const units = [...new Set(lines.map(({ unit }) => unit))];
    const contestants = [...new Set(lines.map(({ contestant }) => contestant))];
    // Where the first line is not ours, nothing is compared.
    const compares = contestants[0]!.startsWith('ours');
    const find = (contestant: string, unit: string): Figure | undefined =>
      lines.find((line) => line.contestant === contestant && line.unit === unit);
    const rows = contestants.map((contestant) => [
      `  ${contestant}`,
      ...units.flatMap((unit) => {
        const figure = find(contestant, unit);
        const ours = find(contestants[0]!, unit);
        return figure === undefined
          ? ['', '']
          : [describe(figure), compares && ours ? ratioText(ratio(ours, figure)) : ''];
      }),
    ]);
    printTable([[`\n${heading}`, ...units.flatMap((unit) => [unit, compares ? 'ours' : ''])], ...rows]);
  }
}

/** Nothing where both are nothing. */
function ratioText(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '';
}

export function printGoals(verdicts: readonly Verdict[]): void {
  console.log();
  for (const { what, relation, limit, measured, met } of verdicts)
    console.log(
      `goal: ${what} ${relation} ${short(limit)}: measured ${short(measured)} — ${met ? 'met' : 'not met'}`,
    );
}

function describe({ rounds }: Figure): string {
  const spread = rounds.length < 2 ? '' : ` (${short(Math.min(...rounds))}–${short(Math.max(...rounds))})`;
  return short(median(rounds)) + spread;
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.trimStart().length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]! + 3) : cell.padStart(widths[column]! + 2),
    );
    console.log(cells.join('').trimEnd());
  }
}

/** Three digits, and more only of what is larger. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
