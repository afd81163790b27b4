import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { passagesOf } from './prose.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/upstream.md'), 'utf8');
const section = page.split('\n## ').find((text) => text.startsWith('What fails'))!;
const [failures = ''] = section.split('**What does not heal by itself**');

/** Of each failure: its name, what is said of it, and the test that shows it. */
const items = failures
  .split(/^- /m)
  .slice(1)
  .map((item) => {
    const [said = '', shownBy = ''] = item.split(/^ {2}- /m);
    const [, file = '', title = ''] = /^`(.+?)` › (.+)/.exec(shownBy) ?? [];
    return { said: said.trim().replaceAll(/\s+/g, ' '), file, title };
  });

describe('the failures in docs/upstream.md', () => {
  it('are there, each with what readers see, what operators see, and how it heals', () => {
    expect(items.length).toBeGreaterThan(25);
    for (const { said } of items)
      expect(said).toMatch(/^\*\*.+\.\*\* Readers see .+\. Operators see .+\. It heals .+\.$/);
  });

  it.each(items.map(({ said, file, title }) => [said.split('.**')[0]!.slice(2), file, title] as const))(
    'have a test that shows them: %s',
    (_, file, title) => {
      const titles = passagesOf(file).filter(({ kind }) => kind === 'title');
      expect(title.length).toBeGreaterThan(10);
      expect(titles.filter(({ text }) => text.startsWith(title))).toHaveLength(1);
    },
  );
});
