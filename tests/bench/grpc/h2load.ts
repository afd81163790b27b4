/** Calls from h2load, which is not JavaScript: https://nghttp2.org/documentation/h2load-howto.html */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { path } from './request.ts';

export interface H2load {
  readonly port: number;
  readonly calls: number;
  readonly connections: number;
  readonly concurrency: number;
  /** Holds the body of every request. */
  readonly requestFile: string;
  /** How many bytes the body of every answer must have: h2load does not look at trailers. */
  readonly answerBytes: number;
}

const run = promisify(execFile);
const timeoutMs = 30_000;

export async function isH2loadInstalled(): Promise<boolean> {
  try {
    await run('h2load', ['--version'], { timeout: timeoutMs });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** @returns calls per second */
export async function runH2load(load: H2load): Promise<number> {
  const { port, calls, connections, concurrency, requestFile, answerBytes } = load;
  const args = ['-n', calls, '-c', connections, '-m', concurrency / connections, '-d', requestFile].map(
    String,
  );
  args.push('-H', 'content-type: application/grpc+proto', '-H', 'te: trailers');
  const { stdout } = await run('h2load', [...args, `http://127.0.0.1:${port}${path}`], {
    timeout: timeoutMs,
  });
  const [, perSecond] = /, ([\d.]+) req\/s/.exec(stdout) ?? [];
  const [, succeeded] = /(\d+) succeeded/.exec(stdout) ?? [];
  const [, data] = /\((\d+)\) data/.exec(stdout) ?? [];
  if (perSecond === undefined || Number(succeeded) !== calls || Number(data) !== calls * answerBytes)
    throw new Error(`h2load was not answered as it must be:\n${stdout}`);
  return Number(perSecond);
}
