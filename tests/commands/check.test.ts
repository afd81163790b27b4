import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cruise, type Module } from '../../infra/commands/import-walls.ts';
import { testsOfRoom } from '../../infra/commands/room-tests.ts';
import { projectRoot } from '../../infra/local/deployment.ts';
import { runCommand } from '../support/commands.ts';

const rooms = readdirSync(join(projectRoot, 'lib')).map((name) => `lib/${name}`);
const slowSuites = new Map(
  Object.entries(
    JSON.parse(readFileSync(join(projectRoot, 'tests/slow-suites.json'), 'utf8')) as Record<string, number>,
  ),
);

describe('npm run check', () => {
  const module = (source: string, ...imports: readonly string[]): Module => ({
    source,
    dependencies: imports.map((resolved) => ({ resolved })),
  });
  const modules = [
    module('tests/x/through.test.ts', 'functions/aws/get.ts'),
    module('functions/aws/get.ts', 'lib/job/merge.ts'),
    module('tests/x/mixed.test.ts', 'lib/job/merge.ts', 'lib/runtime/clock.ts'),
    module('tests/x/own.test.ts', 'lib/job/merge.ts', 'lib/job/document.ts'),
    module('tests/x/slow.test.ts', 'lib/job/merge.ts'),
    module('tests/x/other.test.ts', 'lib/runtime/clock.ts'),
    module('lib/job/merge.ts'),
    module('lib/runtime/clock.ts'),
  ];

  it('runs the tests that are nearest to a room by what they import, and names the slow ones that it leaves out', () => {
    expect(testsOfRoom(modules, 'lib/job', new Map([['tests/x/slow.test.ts', 11]]))).toEqual({
      tests: ['own', 'mixed', 'through'].map((name) => `tests/x/${name}.test.ts`),
      leftOut: ['tests/x/slow.test.ts'],
    });
  });

  it('runs no more tests than a developer can wait for', () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      module(`tests/x/${index}.test.ts`, 'lib/job/merge.ts'),
    );
    const { tests, leftOut } = testsOfRoom([...many, module('lib/job/merge.ts')], 'lib/job', new Map());
    expect(tests.length).toBeLessThan(20);
    expect(tests.length + leftOut.length).toBe(100);
  });

  it('finds tests for every room of lib/', async () => {
    const cruised = await cruise();
    const without = rooms.filter((room) => testsOfRoom(cruised.modules, room, slowSuites).tests.length === 0);
    expect(without).toEqual([]);
    const known = new Set(cruised.modules.map(({ source }) => source));
    expect([...slowSuites.keys()].filter((file) => !known.has(file))).toEqual([]);
  });

  it('says that there is no such room, and which there are', async () => {
    const { code, stderr } = await runCommand('check', ['lib/job/merge.ts']);
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      `There is no room lib/job/merge.ts. The rooms are: ${rooms.join(', ')}.`,
    ]);
  });
});
