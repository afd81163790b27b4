/** The servers that are compared, each in a process of its own. */
import { join } from 'node:path';
import { functionEnvironment } from '../../support/functions.ts';
import { projectRoot } from '../../support/local-stack.ts';
import { startChild, type Child } from './child.ts';

export type PeerName = 'grpc-js echo' | 'grpc-js decoding and encoding' | 'connect-node' | 'bare node:http2';

export interface Contestant {
  readonly name: string;
  readonly port: number;
  /** CPU that its process has used, in microseconds. */
  readonly cpuUs: () => Promise<number>;
}

export interface ContestantsOptions {
  readonly endpoint: string;
  readonly table: string;
  /** What the peers answer with. */
  readonly job: Uint8Array;
  /** Told of every process as soon as there is one, to end it. */
  readonly started: (child: Child) => void;
}

/** All of them, ready to be called. */
export async function startContestants(options: ContestantsOptions): Promise<readonly Contestant[]> {
  const { endpoint, table, job, started } = options;
  const start = async (name: string, file: string, env: object, args: string[] = []): Promise<Contestant> => {
    const execArgv = ['--import', join(import.meta.dirname, 'report-usage.js')];
    const child = startChild(name, file, { args, env: { PATH: process.env['PATH'], ...env }, execArgv });
    started(child);
    const [, port] = await child.says(/^gRPC is served on 127\.0\.0\.1:(\d+)/m);
    return { name, port: Number(port), cpuUs: () => child.ask<number>({}) };
  };
  // As the container starts it.
  const ours = (name: string, settings: object) =>
    start(name, join(projectRoot, 'functions/grpc.ts'), {
      ...functionEnvironment(endpoint, table),
      LOG_LEVEL: 'warn',
      GRPC_PORT: '0',
      ...settings,
    });
  const peer = (name: PeerName) =>
    start(name, join(import.meta.dirname, 'peer-server.ts'), { JOB: Buffer.from(job).toString('base64') }, [
      name,
    ]);
  return Promise.all([
    ours('ours', {}),
    ours('ours, no read shared', { GRPC_SHARED_READ_MS: '0' }),
    peer('grpc-js echo'),
    peer('grpc-js decoding and encoding'),
    peer('connect-node'),
    peer('bare node:http2'),
  ]);
}
