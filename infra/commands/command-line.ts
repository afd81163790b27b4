/** What the commands share: how they read their arguments, and how they end. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { isStatus } from '../../lib/runtime/status.ts';
import { readEnginePorts } from '../local/ports.ts';

/** A wrong call of a command: its usage is shown, and the exit code is 2. */
export class UsageError extends Error {}

/** @throws {UsageError} for an option that does not exist, or is used wrongly */
export function parseArguments<T extends ParseArgsOptionsConfig>(options: T) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A number of things, such as `2 events`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Runs a command, and shows a failure as text. With `--help` it only shows the usage. */
export async function runCommand(usage: string, main: () => Promise<void>): Promise<void> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    console.log(usage);
    return;
  }
  try {
    await main();
  } catch (error) {
    const text = describe(error);
    console.error(error instanceof UsageError ? `${text}\n\n${usage}` : text);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** A failure for people; the reason of a Status, and what caused it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!isStatus(error)) return error.message;
  const cause = error.cause === undefined ? '' : `\n  caused by ${describe(error.cause)}`;
  return `${error.reason}: ${error.message}${cause}`;
}

/** Opens a queue of the local stack, and says what to do if it cannot be reached. */
export async function openLocalQueue<T>(open: (port: number) => Promise<T>): Promise<T> {
  const { sqs } = readEnginePorts(process.env);
  try {
    return await open(sqs);
  } catch (error) {
    const what = `The local queue cannot be reached on port ${sqs}`;
    throw new Error(
      `${what}: is \`npm start\` running? Set SQS_PORT if it uses another port. (${String(error)})`,
      {
        cause: error,
      },
    );
  }
}
