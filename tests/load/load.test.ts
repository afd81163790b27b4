/** A slice of `npm run load`: codes, memory, and that others are served. Nothing here depends on how fast the machine is. */
import { describe, expect, it } from '@jest/globals';
import { hostiles } from './hostile.ts';
import { measureLoad, type LoadFigures } from './measure.ts';
import { patienceMs, servedCode, shedCode, type Protocol } from './target.ts';

const mebibyte = 1 << 20;

/** A server that can serve at most 1,000 calls a second, however fast the machine is: 20 at a time, 20 ms each. */
const smallServer = {
  storeMs: 20,
  grpcLimits: { openCalls: 300, connections: 100 },
  grpcCallLimit: 20,
  httpCallLimit: 20,
};

const overload = { doors: smallServer, seconds: 1, underWay: 20, factor: 3 };
const connectionsOf: Readonly<Record<Protocol, number>> = { grpc: 10, http: 200 };

function expectToHold({ overload: { codes }, recoveryMs, memory }: LoadFigures, protocol: Protocol): void {
  expect(codes[servedCode[protocol]]).toBeGreaterThan(0);
  expect(codes[shedCode[protocol]]).toBeGreaterThan(0);
  // Twenty calls take 0.4 s, and no call of the overload outlasts its caller's patience; the rest is for a machine that
  // runs other tests too.
  expect(recoveryMs).toBeLessThan(3 * patienceMs);
  expect(memory.peak - memory.before).toBeLessThan(200 * mebibyte);
}

describe.each(['grpc', 'http'] as const)('under three times what it can serve, %s', (protocol) => {
  it('serves what it can, sheds the rest with RESOURCE_EXHAUSTED and nothing else, and recovers', async () => {
    const figures = await measureLoad({ ...overload, protocol, connections: connectionsOf[protocol] });
    expectToHold(figures, protocol);
    expect(Object.keys(figures.overload.codes).sort()).toEqual(
      [servedCode[protocol], shedCode[protocol]].sort(),
    );
  });
});

describe('beside hostile clients', () => {
  it.each(hostiles)('serves the others: $name', async (hostile) => {
    const figures = await measureLoad({ ...overload, protocol: 'grpc', connections: 10, hostile });
    expectToHold(figures, 'grpc');
    expect(figures.hostileCount).toBeGreaterThan(0);
  });
});
