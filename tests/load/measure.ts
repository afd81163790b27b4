/** A server under more load than it can serve, alone and beside hostile clients. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDoors, type Doors, type DoorsOptions } from '../support/doors.ts';
import type { Phase } from './client.ts';
import type { LoadCommand } from './client-process.ts';
import type { Hostile } from './hostile.ts';
import type { Protocol } from './target.ts';

export interface LoadOptions {
  readonly protocol: Protocol;
  readonly doors: DoorsOptions;
  /** How long each phase takes. */
  readonly seconds: number;
  readonly connections: number;
  /** Calls under way to find out what the server can serve. */
  readonly underWay: number;
  /** How many times as much as it can serve is asked of it. */
  readonly factor: number;
  /** Who else is there during the overload. */
  readonly hostile?: Hostile;
}

/** What an overload came to. Memory is the server's, in bytes. */
export interface LoadFigures {
  readonly saturation: Phase;
  /** The same beside the hostile client, and with as many calls under way; undefined where nobody is hostile. */
  readonly beside?: Phase;
  /** CPU time of the server in both, in milliseconds. */
  readonly cpuMs: { readonly saturation: number; readonly beside: number };
  readonly overload: Phase;
  /** From the end of the overload until twenty calls in a row had been served, in milliseconds. */
  readonly recoveryMs: number;
  readonly memory: { readonly before: number; readonly peak: number; readonly after: number };
  /** How much the hostile client did. */
  readonly hostileCount: number;
}

/** When memory is looked at after all is over, in milliseconds. */
const settleMs = 500;

/** How long a server may take to recover before it counts as gone, in milliseconds. */
const recoveryLimitMs = 20_000;

export async function measureLoad(options: LoadOptions): Promise<LoadFigures> {
  const doors = await openDoors(options.doors);
  try {
    return await measureDoors(doors, options);
  } finally {
    await doors.stop();
  }
}

async function measureDoors(
  doors: Doors,
  { protocol, seconds, connections, underWay, factor, hostile }: LoadOptions,
): Promise<LoadFigures> {
  const address = protocol === 'grpc' ? `http://127.0.0.1:${doors.grpcPort}` : doors.httpUrl;
  const client = await startClient(protocol, address, connections);
  try {
    // Warm: what is compiled late must not count as capacity that is missing.
    await client.load({ load: 'closed', underWay, seconds: seconds / 2 });
    const start = await doors.usage();
    const saturation = await client.load({ load: 'closed', underWay, seconds });
    const { rssBytes: before, ...saturated } = await doors.usage();
    const rate = (factor * (saturation.codes[protocol === 'grpc' ? '0' : '200'] ?? 0)) / seconds;
    const run = hostile?.start(doors.grpcPort);
    const beside = run && (await client.load({ load: 'closed', underWay, seconds }));
    const cpuMs = {
      saturation: saturated.cpuMs - start.cpuMs,
      beside: (await doors.usage()).cpuMs - saturated.cpuMs,
    };
    const overload = await client.load({ load: 'open', rate, seconds });
    const recoveryMs = await client.recover({ load: 'recovery', limitMs: recoveryLimitMs });
    const hostileCount = run?.count() ?? 0;
    await run?.stop();
    await sleep(settleMs);
    const { rssBytes: after, peakBytes: peak } = await doors.usage();
    const memory = { before, peak, after };
    return { saturation, ...(beside && { beside }), cpuMs, overload, recoveryMs, memory, hostileCount };
  } finally {
    await client.stop();
  }
}

async function startClient(protocol: Protocol, address: string, connections: number) {
  const child = fork(
    join(import.meta.dirname, 'client-process.ts'),
    [protocol, address, String(connections)],
    { serialization: 'advanced' },
  );
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const answer = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', reject);
    });
  await answer();
  const ask = (command: LoadCommand): Promise<unknown> => {
    child.send(command);
    return answer();
  };
  return {
    load: async (command: LoadCommand) => (await ask(command)) as Phase,
    recover: async (command: LoadCommand) => (await ask(command)) as number,
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
