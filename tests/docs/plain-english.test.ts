import { describe, expect, it } from '@jest/globals';
import { passagesOf, type Passage } from './prose.ts';

interface Rule {
  /** What to write instead. */
  readonly instead: string;
  readonly pattern: RegExp;
  readonly kinds: readonly Passage['kind'][];
}

const everywhere = ['comment', 'message', 'title', 'text'] as const;

/** The five habits that readers stumble over most. */
const rules: readonly Rule[] = [
  { instead: 'they', pattern: /\b(?:he|she|him|his|her|hers|himself|herself)\b/gi, kinds: everywhere },
  {
    instead: 'if or when, unless it is a place',
    // A place has its noun before it, or is asked for: "the one place where", "says where", "where from".
    pattern: /(?<!\b(?:places?|points?|says?|knows?|shows?|from)\s+)\bwhere\b(?!\s+(?:from|to)\b)/gi,
    kinds: everywhere,
  },
  {
    instead: 'is not',
    pattern:
      /(?<!\bthere\s+)\b(?:is|are|was|were)\s+(?:none|no\s+(?!(?:longer|more|less|fewer|later|earlier|sooner|better|faster|slower|larger|smaller|older|newer|higher|lower|worse)\b)\w+)/gi,
    kinds: everywhere,
  },
  {
    instead: 'the plain word',
    pattern: /\b(?:whoever|nobody|in\s+vain|for\s+ever|just\s+so|so\s+counts?|as\s+is\s+who)\b/gi,
    kinds: everywhere,
  },
  {
    instead: 'a title that can be read alone',
    pattern: /^(?:that|or|of|where|which|and)\b/gi,
    kinds: ['title'],
  },
];

/** Every place that breaks a rule, as `file:line: "the words" (what to write instead)`. */
function findings(passages: readonly Passage[]): readonly string[] {
  return passages.flatMap(({ file, kind, text, line }) =>
    rules
      .filter(({ kinds }) => kinds.includes(kind))
      .flatMap(({ pattern, instead }) =>
        [...text.matchAll(pattern)].map(({ 0: words, index }) => {
          const at = line + text.slice(0, index).split('\n').length - 1;
          const around = text.slice(Math.max(0, index - 20), index + words.length + 20);
          return `${file}:${at}: "${around.replaceAll(/\s+/g, ' ').trim()}" (${instead})`;
        }),
      ),
  );
}

const written = (text: string, kind: Passage['kind'] = 'text'): readonly string[] =>
  findings([{ file: 'a.md', kind, text, line: 1 }]);

describe('plain English', () => {
  it.each([
    'README.md',
    'docs/**',
    'functions/**',
    'lib/**',
    'infra/**',
    'proto/{*,datasphere/**}',
    'serverless.yml',
    '.ci/*',
  ])('is what the comments, messages and pages of %s are written in', (glob) => {
    const passages = passagesOf(glob);
    expect(passages).not.toEqual([]);
    expect(findings(passages)).toEqual([]);
  });

  it('is what the titles of tests are written in', () => {
    const titles = passagesOf('tests/**').filter(({ kind }) => kind === 'title');
    expect(titles.length).toBeGreaterThan(500);
    expect(findings(titles)).toEqual([]);
  });

  it.each([
    ['the caller and his token', '"the caller and his token" (they)'],
    ['fails where it is late', '"fails where it is late" (if or when'],
    ['a timeout that\n  is none', '"a timeout that is none" (is not)'],
    ['the key is no JSON', '"the key is no JSON" (is not)'],
    ['tried\nin vain', '"tried in vain" (the plain word)'],
  ])('notices “%s”', (text, finding) => {
    expect(written(text)).toEqual([expect.stringContaining(finding)]);
  });

  it('notices titles that need their describe', () => {
    expect(written('that passes is not noticed', 'title')).toHaveLength(1);
  });

  it.each([
    'the place where it is kept',
    'says where upstream is',
    'there is no such job',
    'a job that is no longer there',
  ])('lets pass “%s”', (text) => {
    expect(written(text)).toEqual([]);
    expect(written(text, 'title')).toEqual([]);
  });
});
