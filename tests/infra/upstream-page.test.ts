import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../support/local-stack.ts';

const page = readFileSync(join(projectRoot, 'docs/upstream.md'), 'utf8');
const section = page.split('\n## ').find((text) => text.startsWith('What fails'))!;
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the table of failures in docs/upstream.md', () => {
  it('the table of failures has rows without empty cells', () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) expect(row.slice(1, -1)).not.toContain('');
  });

  it.each(rows.map((row) => [row[1]!, row[5]!]))(
    'the table of failures names a test that exists for: %s',
    (_, shownBy) => {
      const [file = '', name = ''] = shownBy.split(' › ');
      const titles = readFileSync(join(projectRoot, file), 'utf8');
      expect(name.length).toBeGreaterThan(10);
      expect(titles).toContain(`('${name}`);
    },
  );
});
