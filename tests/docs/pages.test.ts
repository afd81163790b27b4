/** README.md and docs/ as texts: their tables, their links, and the names of what is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { reasons } from '../../lib/runtime/status.ts';
import { readBugTable } from '../convergence/bug-table.ts';
import { laws } from '../convergence/laws.ts';
import { plantedBugs } from '../convergence/planted-bugs.ts';

const projectRoot = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const folders = (path: string): readonly string[] =>
  readdirSync(join(projectRoot, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const paths = [
  'README.md',
  ...readdirSync(join(projectRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A page without its blocks of code, which keep their number of lines. */
const proseOf = (path: string): string =>
  read(path).replaceAll(/^```[^]*?^```$/gm, (block) => block.replaceAll(/.+/g, ''));

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

const anchorsOf = (path: string): readonly string[] =>
  Array.from(proseOf(path).matchAll(/^#+ (.*)$/gm), ([, heading]) => anchorOf(heading!));

describe.each(paths)('%s', (path) => {
  it('has no cell of a table over 120 characters', () => {
    const long = proseOf(path)
      .split('\n')
      .flatMap((line, index) =>
        (line.startsWith('|') ? line.split('|') : [])
          .map((cell) => cell.trim())
          .filter((cell) => cell.length > 120 && !/^:?-+:?$/.test(cell))
          .map((cell) => `${path}:${index + 1}: ${cell}`),
      );
    expect(long).toEqual([]);
  });

  it('links to files and headings that are there', () => {
    const links = Array.from(proseOf(path).matchAll(/\]\(([^)]+)\)/g), ([, link]) => link!);
    const broken = links
      .filter((link) => !link.startsWith('https://'))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        const isThere = existsSync(join(projectRoot, target));
        return !isThere || (anchor !== undefined && !anchorsOf(target).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  it('names files and folders of the project that are there', () => {
    const named = proseOf(path).matchAll(/`((?:docs|functions|infra|lib|proto|tests)\/[^\s`*…<>]*)`/g);
    const missing = Array.from(named, ([, name]) => name!).filter(
      (name) => !['', '.ts', '.mjs'].some((ending) => existsSync(join(projectRoot, `${name}${ending}`))),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/development.md', () => {
  const page = read('docs/development.md');

  it('has every npm script, and no other', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
    const named = Array.from(page.matchAll(/^\| `npm (?:run )?([\w:]+)/gm), ([, name]) => name!);
    // npm runs `prepare` by itself, and `ci` is npm's own.
    const expected = [...Object.keys(scripts).filter((name) => name !== 'prepare'), 'ci'];
    expect(named.sort()).toEqual(expected.sort());
  });

  it('has every folder of tests, and no other', () => {
    const lists = [...page.matchAll(/^- ((?:`tests\/[\w-]+\/`(?:, )?)+):/gm)];
    const named = lists.flatMap(([, names]) => [...names!.matchAll(/`tests\/([\w-]+)\/`/g)]);
    expect(named.map(([, name]) => name!).sort()).toEqual([...folders('tests')].sort());
  });
});

describe('docs/architecture.md', () => {
  it('has every room of lib/, and no other', () => {
    const rows = read('docs/architecture.md').matchAll(/^\| `([\w-]+)\/` /gm);
    const named = Array.from(rows, ([, name]) => name!).filter((name) => name !== 'functions');
    expect(named.sort()).toEqual([...folders('lib')].sort());
  });
});

describe('docs/correctness.md', () => {
  it('has every planted bug with the checks that find it, and no other', async () => {
    const rows = await readBugTable();
    expect(rows.map(([name]) => name)).toEqual(plantedBugs.map(({ name }) => name));
    for (const [name, foundBy] of rows) {
      expect([name, foundBy]).toEqual([
        name,
        expect.stringMatching(/^(?:(?:histories|\d laws?|simulation|simulation on memory)(?:, (?!$)|$))+$/),
      ]);
      const found = Number(/(\d) laws?/.exec(foundBy)?.[1] ?? 0);
      expect([name, found <= laws.length]).toEqual([name, true]);
    }
  });
});

describe('docs/api.md', () => {
  const page = read('docs/api.md');

  it('has every reason once with its code, in the table or among those that only the log has', () => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| ([A-Z_]+) /gm)].map(([, reason, code]) => [
      reason,
      code,
    ]);
    const logged = [...page.matchAll(/code ([A-Z_]+):((?:\s+`[A-Z_]+`,?)+)/g)].flatMap(([, code, names]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, reason]) => [reason, code]),
    );
    expect([...rows, ...logged].sort()).toEqual(Object.entries(reasons).sort());
  });

  it('says of every reason in the table what it means', () => {
    const inTable = Array.from(page.matchAll(/^\| `([A-Z_]+)` /gm), ([, reason]) => reason!);
    const meanings = [...page.matchAll(/^- ((?:\*\*`[A-Z_]+`\*\*(?:, )?)+): \S/gm)];
    const explained = meanings.flatMap(([, names]) => [...names!.matchAll(/`(\w+)`/g)]);
    expect(explained.map(([, reason]) => reason!).sort()).toEqual(inTable.sort());
  });
});

describe('docs/glossary.md', () => {
  it('has at most 25 words, each in one sentence', () => {
    const words = read('docs/glossary.md')
      .split(/^- \*\*/m)
      .slice(1);
    expect(words.length).toBeLessThanOrEqual(25);
    for (const word of words) expect([word, word.match(/\.(?:\s|$)/g)]).toEqual([word, [expect.anything()]]);
  });
});
