import { join } from 'node:path';

// The processes that tests start share what Node has compiled once: half of the time that most of them take to start.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

/** Node strips the types itself, so no transformer is needed. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  testSequencer: '<rootDir>/tests/slow-first.js',
  testPathIgnorePatterns: ['/node_modules/', '/.serverless/', '/.esbuild/'],
  modulePathIgnorePatterns: ['<rootDir>/.serverless/', '<rootDir>/.esbuild/'],
  testTimeout: 30_000,
  maxWorkers: 2,
  // Tests of one file that run side by side.
  maxConcurrency: 2,
  // The functions log every failure, and many tests are about failures.
  silent: true,
};
