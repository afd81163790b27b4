/** Runs npm. */
import { execFile } from 'node:child_process';

export interface NpmRun {
  /** The exit code. */
  readonly code: number;
  readonly stdout: string;
}

/** The longest that one run may take, in milliseconds. */
const timeoutMs = 120_000;

/** Runs the npm that started this process, or the one on the path. */
export function npm(args: readonly string[], folder: string): Promise<NpmRun> {
  // eslint-disable-next-line no-restricted-syntax -- npm's own variable, not a setting
  const script = process.env['npm_execpath'];
  const [file, first] = script === undefined ? ['npm', []] : [process.execPath, [script]];
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: timeoutMs, maxBuffer: 64 << 20 };
    execFile(file, [...first, ...args], options, (error, stdout) => {
      if (error === null) resolve({ code: 0, stdout });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout });
      else reject(new Error(`npm ${args[0] ?? ''} did not end`, { cause: error }));
    });
  });
}
