import { createDynamoDbJobReader } from '../../../lib/dynamodb/job-reader.ts';
import { createDynamoDbJobStore } from '../../../lib/dynamodb/job-store.ts';
import { readHead } from '../../../lib/dynamodb/head-item.ts';
import type { Document } from '../../../lib/job/document.ts';
import { simulatedLimits } from './events.ts';
import { simulatedClient } from './simulated-client.ts';
import {
  epochMs,
  tombstoneDays,
  type SimulatedEngine,
  type SimulatedEngineOptions,
} from './simulated-engine.ts';
import { SimulatedTable, type Item } from './simulated-table.ts';

/** The DynamoDB engine over a simulated table. The network is between the engine and the table. */
export function createTableEngine({ world, faults, written }: SimulatedEngineOptions): SimulatedEngine {
  const table: SimulatedTable = new SimulatedTable({
    returnsItemOnFailure: world.chance(0.5),
    pageSize: 3,
    lag: () => (faults.fires('stale read') ? world.integer(1, 2) : 0),
    written: (item, replaced) => {
      const jobId = item['job_id']!.S!;
      if (item['part']!.S === 'head') written(jobId, decode(jobId, item), replaced !== undefined);
    },
  });
  let nonces = 0;

  /** Undefined if one of the document's parts is missing. */
  const decode = (jobId: string, item: Item): Document | undefined => {
    const head = readHead(item);
    if (head.parts === 0) return head.decode().document;
    const names = table.parts(jobId).filter((part) => part.startsWith(`${head.generation}/`));
    if (names.length !== head.parts) return undefined;
    return head.decode(Buffer.concat(names.map((part) => table.peek(jobId, part)!['job']!.B!))).document;
  };

  return {
    writer(process, log) {
      const skewMs = faults.fires('clock skew') ? world.integer(-60_000, 60_000) : 0;
      return createDynamoDbJobStore({
        client: simulatedClient(world, table, faults, process),
        table: 'jobs',
        tombstoneDays,
        log,
        now: () => new Date(epochMs + world.now + skewMs),
        limits: simulatedLimits,
        nonce: () => `n${nonces++}`,
      });
    },
    reader: (process) =>
      createDynamoDbJobReader({ client: simulatedClient(world, table, faults, process), table: 'jobs' }),
    current(jobId) {
      const head = table.peek(jobId, 'head');
      return head && decode(jobId, head);
    },
    leftovers(jobId) {
      const item = table.peek(jobId, 'head');
      const { generation, parts } = item ? readHead(item) : { generation: '', parts: 0 };
      return table
        .parts(jobId)
        .filter((part) => part !== 'head' && !(parts > 0 && part.startsWith(`${generation}/`)));
    },
  };
}
