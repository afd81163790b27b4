/** What ESLint says of code that tells failures apart by anything but their reason. */
import { describe, expect, it } from '@jest/globals';
import { ESLint, Linter } from 'eslint';
import { projectRoot } from '../support/local-stack.ts';

const eslint = new ESLint({ cwd: projectRoot });

/** Whether the project's own rules refuse a text in that file; of those that look at syntax and imports alone. */
async function isRefused(filePath: string, code: string): Promise<boolean> {
  const { rules = {} } = (await eslint.calculateConfigForFile(filePath)) as Linter.Config;
  const names = ['no-restricted-syntax', 'no-restricted-imports'];
  const ours = Object.fromEntries(names.map((name) => [name, rules[name] ?? 'off']));
  const problems = new Linter().verify(code, { rules: ours });
  expect(problems.filter(({ fatal }) => fatal)).toEqual([]);
  return problems.length > 0;
}

describe('a use case', () => {
  it.each([
    ["failure.code === 'NOT_FOUND'", 'compares a code'],
    ["if (failure?.code !== 'NOT_FOUND') throw failure", 'compares the code of what may be undefined'],
    ['switch (failure.code) {}', 'branches by a code'],
    ['const { code } = failure;', 'takes a code out of a failure'],
    ['const code = failure?.code;', 'keeps a code'],
    ['failure.cause instanceof TypeError', 'looks into a cause'],
    ['failure instanceof Status', 'knows a Status by its class'],
    ["import { describeError } from '../telemetry/log.ts';", 'logs a failure in fields of its own'],
  ])('is refused if it has `%s`, as it %s', async (code) => {
    for (const room of ['auth', 'events', 'feeding', 'iam', 'reading', 'rpc'])
      expect([room, await isRefused(`lib/${room}/any.ts`, code)]).toEqual([room, true]);
  });

  it.each(["failure.reason === 'JOB_NOT_FOUND'", 'log({ code: failure.code })', 'isStatus(failure)'])(
    'may have `%s`',
    async (code) => {
      expect(await isRefused('lib/feeding/any.ts', code)).toBe(false);
    },
  );
});

it.each(['lib/upstream/any.ts', 'functions/aws/any.ts', 'infra/commands/any.ts'])(
  'a Status is not known by its class in %s',
  async (file) => {
    expect(await isRefused(file, 'failure instanceof Status')).toBe(true);
  },
);
