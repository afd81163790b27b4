import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fillPage, generatedParts } from '../../infra/docs/generated-parts.ts';
import { projectRoot } from '../support/local-stack.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

describe('the parts of docs/ that are made of data', () => {
  it.each(Object.keys(generatedParts))('are in %s as `npm run docs` writes them', (name) => {
    const page = read(`docs/${name}`);
    expect(fillPage(page, generatedParts[name]!)).toBe(page);
  });

  it.each(Object.entries(generatedParts))(
    'can be read in %s: no line has more than 120 characters',
    (_, parts) => {
      const lines = Object.values(parts).flatMap((part) => part.split('\n'));
      expect(lines.filter((line) => line.length > 120)).toEqual([]);
    },
  );

  it('are not written to a page that has no place for them', () => {
    expect(() => fillPage('a page', { settings: 'text' })).toThrow('the page has no markers for settings');
    expect(() => fillPage('<!-- npm run docs: settings -->', { settings: 'text' })).toThrow('no markers');
  });
});

describe('docs/operations.md', () => {
  it('links to headings that are there', () => {
    for (const page of ['operations', 'upgrading']) {
      const links = read(`docs/${page}.md`).matchAll(/\]\((?:(\w+)\.md)?#([\w-]+)\)/g);
      for (const [, other = page, anchor] of links) {
        const headings = [...read(`docs/${other}.md`).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
          heading!.toLowerCase().replaceAll(' ', '-'),
        );
        expect(headings).toContain(anchor);
      }
    }
  });
});
