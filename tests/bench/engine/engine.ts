import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createTable } from '../../support/dynamodb.ts';
import { functionEnvironment } from '../../support/functions.ts';

/** Calls that the engine got. */
export interface Calls {
  readonly reads: number;
  readonly writes: number;
}

export interface RunningEngine {
  readonly endpoint: string;
  /** Name of the job table. */
  readonly table: string;
  readonly calls: () => Promise<Calls>;
  readonly stop: () => void;
}

/** Starts an engine with a job table, and points the functions of this process to it. */
export async function startEngine(): Promise<RunningEngine> {
  const child = fork(join(import.meta.dirname, 'engine-process.ts'));
  const [port] = (await once(child, 'message')) as [number];
  const endpoint = `http://127.0.0.1:${port}`;
  const { client, table } = await createTable(endpoint);
  client.destroy();
  Object.assign(process.env, functionEnvironment(endpoint, table));
  return {
    endpoint,
    table,
    calls: async () => {
      child.send({});
      return ((await once(child, 'message')) as [Calls])[0];
    },
    stop: () => {
      child.disconnect();
    },
  };
}
