const longestLine = 110;

/** Breaks a paragraph into lines, never in a code span and never so that a line begins as a list would. */
export function wrap(text: string, first: string, others: string): string {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const [word] of text.matchAll(/(?:[^\s`]|`[^`]*`)+/g)) {
    const mayBreak = !isEmpty && !/^([-+*#>|]|\d+[.)])/.test(word);
    if (mayBreak && line.length + 1 + word.length > longestLine) {
      lines.push(line);
      [line, isEmpty] = [others, true];
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}
