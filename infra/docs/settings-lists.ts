/** What docs/operations.md says of settings and variables, made of their rows. */
import { deployed, type Setting, type Rows } from '../../lib/config/setting.ts';
import { anyText, flag } from '../../lib/config/value.ts';
import { wrap } from './wrap.ts';

type Row = readonly [name: string, row: Setting];

/** A list for each topic, of settings or of variables by their names. */
export function settingsList(topics: Readonly<Record<string, Rows>>): string {
  return Object.entries(topics)
    .map(([topic, rows]) => `**${topic}**\n\n${sorted(Object.entries(rows)).map(item).join('\n')}`)
    .join('\n\n');
}

/** Which setting gives a variable its value, and what reads it. */
export function variablesTable(settings: Rows): string {
  const rows = sorted(Object.entries(byVariable(settings))).map(([variable, row]) => [
    code(variable),
    code(Object.entries(settings).find(([, one]) => one === row)![0]),
    readersOf(row),
  ]);
  return table([['variable', 'setting', 'read by'], ...rows]);
}

/** The same rows by the names of their variables. */
export function byVariable(settings: Rows): Rows {
  const rows = Object.values(settings);
  return Object.fromEntries(rows.flatMap((row) => (row.variable === undefined ? [] : [[row.variable, row]])));
}

function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
}

function item([name, row]: Row): string {
  const { docs, fallback, type, setBy } = row;
  const start =
    fallback === undefined ? `**${code(name)}**` : `**${code(name)}** = ${code(String(fallback))}`;
  const sentences = [
    `${start}: ${docs}.`,
    ...(type === anyText || type === flag ? [] : [`It must be ${type.wanted}.`]),
    ...(name === row.variable
      ? [`Read by ${readersOf(row)}${setBy === undefined ? '' : `, set by ${setBy}`}.`]
      : []),
  ];
  return wrap(sentences.join(' '), '- ', '  ');
}

function readersOf({ readers = deployed }: Setting): string {
  if (readers === deployed) return 'all';
  return readers.map((reader) => code(reader === 'local' ? 'npm start' : reader)).join(', ');
}

const code = (text: string): string => `\`${text}\``;

/** @param rows the first one is the head */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [head, ...others] = rows.map((cells) =>
    line(cells.map((cell, column) => cell.padEnd(widths[column]!))),
  );
  return [head, line(widths.map((width) => '-'.repeat(width))), ...others].join('\n');
}
