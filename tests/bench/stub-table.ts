/** Starts a table that answers at once, in a process of its own, so that its CPU does not count. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/dynamodb/head-item.ts';

/** What the stub is told. */
export interface KeptItem {
  readonly table: string;
  /** Undefined: the item answers for every key. */
  readonly key: Item | undefined;
  /** In DynamoDB's JSON. */
  readonly item: unknown;
}

export interface StubTable {
  readonly port: number;
  readonly endpoint: string;
  /** @param key undefined where the item answers for every key */
  readonly keep: (table: string, key: Item | undefined, item: Item) => Promise<void>;
  readonly stop: () => void;
}

export async function startStubTable(): Promise<StubTable> {
  const child = fork(join(import.meta.dirname, 'table-stub.ts'));
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    keep: async (table, key, item) => {
      child.send({ table, key, item: onTheWire(item) } satisfies KeptItem);
      await once(child, 'message');
    },
    stop: () => {
      child.disconnect();
    },
  };
}

/** DynamoDB's JSON has bytes in base64; none of these items has them deeper than at the top. */
function onTheWire(item: Item): Record<string, AttributeValue | { readonly B: string }> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') },
    ]),
  );
}
