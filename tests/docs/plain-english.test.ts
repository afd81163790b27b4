import { describe, expect, it } from '@jest/globals';
import { passagesOf, type Passage } from './prose.ts';

interface Rule {
  /** What to write instead. */
  readonly instead: string;
  readonly pattern: RegExp;
  /** Whether what matches is right all the same, by the words before and after it. */
  readonly allows?: (before: string, after: string) => boolean;
  readonly kinds: readonly Passage['kind'][];
}

const everywhere = ['comment', 'message', 'title', 'text'] as const;

/** The five habits that readers stumble over most. */
const rules: readonly Rule[] = [
  { instead: 'they', pattern: /\b(?:he|she|him|his|her|hers|himself|herself)\b/gi, kinds: everywhere },
  {
    instead: 'if or when, unless it is a place',
    pattern: /\bwhere\b/gi,
    allows: isPlace,
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

/**
 * Whether "where" means a place: one that is named ("the one place where"), asked for ("says where", "where from"), or
 * explained, as in "Where upstream is." and "**`table`**: where the jobs are". A condition has a comma: "Where it fails, …".
 */
function isPlace(before: string, after: string): boolean {
  return (
    /\b(?:places?|points?|says?|knows?|shows?|from)\s+$/i.test(before) ||
    /^\s+(?:from|to)\b/.test(after) ||
    /\*\*:\s+$/.test(before) ||
    (/(?:^|[.:!?*/])\s*$/.test(before) && /^[^,.;:]*(?:[.:;*]|$)/.test(after))
  );
}

/** Every place that breaks a rule, as `file:line: "the words" (what to write instead)`. */
function findings(passages: readonly Passage[]): readonly string[] {
  return passages.flatMap(({ file, kind, text, line }) =>
    rules
      .filter(({ kinds }) => kinds.includes(kind))
      .flatMap(({ pattern, allows = () => false, instead }) =>
        [...text.matchAll(pattern)]
          .filter(({ 0: words, index }) => !allows(text.slice(0, index), text.slice(index + words.length)))
          .map(({ 0: words, index }) => {
            const at = line + text.slice(0, index).split('\n').length - 1;
            const around = text.slice(Math.max(0, index - 20), index + words.length + 20);
            return `${file}:${at}: "${around.replaceAll(/\s+/g, ' ').trim()}" (${instead})`;
          }),
      ),
  );
}

const written = (text: string, kind: Passage['kind'] = 'text'): readonly string[] =>
  findings([{ file: 'a.md', kind, text, line: 1 }]);

/** What is still to be reworded, by folder. A number may only get smaller; a folder that is not here has nothing. */
const leftOver: Readonly<Record<string, number>> = {
  'infra/commands': 1,
  'lib/adapter': 1,
  'lib/auth': 16,
  'lib/config': 9,
  'lib/config/settings': 2,
  'lib/events': 11,
  'lib/feeding': 30,
  'lib/iam': 21,
  'lib/job': 18,
  'lib/protobuf': 15,
  'lib/protocol': 2,
  'lib/protocol/grpc': 14,
  'lib/protocol/http': 3,
  'lib/reading': 11,
  'lib/rpc': 8,
  'lib/runtime': 14,
  'lib/store': 1,
  'lib/telemetry': 2,
  'lib/upstream': 22,
  'tests/auth': 15,
  'tests/contract': 3,
  'tests/events': 7,
  'tests/feeding': 14,
  'tests/infra': 6,
  'tests/limits': 4,
  'tests/package': 4,
  'tests/property': 3,
  'tests/protocol': 5,
  'tests/reading': 19,
  'tests/rpc': 1,
  'tests/sync': 11,
  'tests/telemetry': 7,
  'tests/unit': 9,
  'tests/upstream': 50,
};

/** The findings of folders that have more of them than are left over. */
function newFindings(passages: readonly Passage[]): readonly string[] {
  const folders = Map.groupBy(findings(passages), (finding) => finding.replace(/(?:\/[^/:]*)?:[^]*$/, ''));
  return [...folders].flatMap(([folder, found]) => (found.length > (leftOver[folder] ?? 0) ? found : []));
}

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
    expect(newFindings(passages)).toEqual([]);
  });

  it('is what the titles of tests are written in', () => {
    const titles = passagesOf('tests/**').filter(({ kind }) => kind === 'title');
    expect(titles.length).toBeGreaterThan(500);
    expect(newFindings(titles)).toEqual([]);
  });

  it.each([
    ['the caller and his token', '"the caller and his token" (they)'],
    ['fails where it is late', '"fails where it is late" (if or when'],
    ['Where it fails, nothing is written.', '"Where it fails, nothing'],
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
    'Where upstream is.',
    '**`table`**: where the jobs are, in every region',
    'there is no such job',
    'a job that is no longer there',
  ])('lets pass “%s”', (text) => {
    expect(written(text)).toEqual([]);
  });
});
