import { createMemoryEngine } from '../../lib/memory/engine.ts';
import { describeEngine } from './every-port.ts';

describeEngine('the memory engine', () =>
  Promise.resolve({
    open: (now) => {
      const engine = createMemoryEngine({ tombstoneDays: 30, now });
      return Promise.resolve({ ...engine, states: engine.leases });
    },
    stop: () => Promise.resolve(),
  }),
);
