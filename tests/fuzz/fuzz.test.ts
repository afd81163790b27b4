/** A few seconds of `npm run fuzz`, from the same seed each time, so that what fails here fails again. */
import { describe, expect, it } from '@jest/globals';
import { fuzzByCoverage } from './coverage-guided.ts';
import { fuzzGrpc } from './grpc.ts';
import { measureMemory } from './memory.ts';
import { seeds } from './seeds.ts';
import { fuzzByStructure } from './structured.ts';

const [seconds, seed] = [1.5, 20_261_124];
const targets = Object.keys(seeds);

describe('fuzzing', () => {
  it.each(targets)('by coverage finds nothing wrong with: %s', async (target) => {
    const { finding, inputs, corpus } = await fuzzByCoverage(target, seconds, seed);
    expect(finding && { problem: finding.problem, base64: finding.input.toString('base64') }).toBeUndefined();
    // All seeds at least, and some inputs that went where none had been.
    expect(inputs).toBeGreaterThan(seeds[target]!().length);
    expect(corpus).toBeGreaterThan(20);
  });

  it.each(targets)('by structure finds nothing wrong with: %s', async (target) => {
    expect(await fuzzByStructure(target, seconds, seed)).toBeGreaterThan(20);
  });

  it('finds nothing wrong with the native gRPC server', async () => {
    const { connections, calls, growthBytes } = await fuzzGrpc(5, seed);
    expect(Math.min(connections, calls)).toBeGreaterThan(20);
    expect(growthBytes).toBeLessThan(300 << 20);
  });

  const inputs = 20_000;
  /** Fifty bytes an input; what is compiled late or cached was a fifth of that at most. */
  const growthLimit = 50 * inputs;

  it.each(['http', 'event'])(
    'finds that nothing is kept of what it sent to: %s',
    async (target) => {
      expect((await measureMemory(target, inputs, seed)).bytes).toBeLessThan(growthLimit);
    },
    120_000,
  );

  it('would see it if 200 bytes of each were kept', async () => {
    expect((await measureMemory('planted-leak', inputs, seed)).bytes).toBeGreaterThan(growthLimit);
  }, 120_000);

  it('finds a bug that is put in, and shortens the input that shows it', async () => {
    const { finding } = await fuzzByCoverage('planted-bug', 20, seed);
    expect(finding?.problem).toContain('planted');
    expect(finding?.input.toString('latin1')).toBe('job!');
  });
});
