// Jest's order of files: the slowest first, so that its workers end together. Jest knows how long files took in a run
// before; in a fresh clone slow-suites.json does, in seconds on two quiet cores, of the suites that take four or more.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import TestSequencer from '@jest/test-sequencer';

const slowSuites = JSON.parse(readFileSync(join(import.meta.dirname, 'slow-suites.json'), 'utf8'));

export default class SlowFirst extends TestSequencer {
  async sort(tests) {
    const durationOf = ({ path, duration, context }) =>
      duration ?? (slowSuites[relative(context.config.rootDir, path)] ?? 0) * 1000;
    return [...(await super.sort(tests))].sort((one, other) => durationOf(other) - durationOf(one));
  }
}
