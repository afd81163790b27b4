/** `npm run publish -- FILE...`: sends job events to the local queue, or to a bus. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseJobEvent } from '../../lib/events/job-event.ts';
import { inBatches } from './batches.ts';
import { counted, openLocalQueue, parseArguments, runCommand, UsageError } from './command-line.ts';
import { eventBus, localQueue, type EventSink } from './event-sinks.ts';
import { startProgress } from './progress.ts';
import { readEvents, type EventFile, type LocatedEvent } from './read-events.ts';

const usage = `Usage: npm run publish -- [--bus NAME] FILE...

Sends job events to the queue of the local stack (SQS_PORT, 9324 unless set), or to an EventBridge bus.
FILE holds one JobEvent in JSON, a list of them, or one on each line (NDJSON); - is standard input.
All files are checked before anything is sent. docs/events.md describes the format.`;

/** The most problems that are printed; the others are counted. */
const problemsShown = 20;

async function main(): Promise<void> {
  const { files, bus } = readArguments();
  const folder = await mkdtemp(join(tmpdir(), 'publish-'));
  try {
    const inputs = await Promise.all(
      files.map((file) =>
        file === '-' ? spoolStandardInput(folder) : Promise.resolve({ path: file, name: file }),
      ),
    );
    const { events, jobs } = await checkAll(inputs);
    const sink = await openSink(bus);
    const progress = startProgress('events', events);
    for await (const batch of inBatches(readAll(inputs))) {
      await sink.send(batch.map(({ body }) => body));
      progress.add(batch.length);
    }
    progress.end();
    console.log(`Sent ${counted(events, 'event')} of ${counted(jobs, 'job')} to ${sink.name}.`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function readArguments(): { readonly files: readonly string[]; readonly bus: string | undefined } {
  const { values, positionals } = parseArguments({ bus: { type: 'string' } });
  if (positionals.length === 0) throw new UsageError('FILE is missing.');
  return { files: positionals, bus: values.bus };
}

/** Keeps standard input in a file: it is read twice, to check and to send. */
async function spoolStandardInput(folder: string): Promise<EventFile> {
  const path = join(folder, 'stdin');
  await pipeline(process.stdin, createWriteStream(path));
  return { path, name: 'standard input' };
}

async function* readAll(files: readonly EventFile[]): AsyncGenerator<LocatedEvent> {
  for (const file of files) yield* readEvents(file);
}

/**
 * Counts the events and their jobs.
 *
 * @throws {Error} naming every problem
 */
async function checkAll(
  files: readonly EventFile[],
): Promise<{ readonly events: number; readonly jobs: number }> {
  const jobs = new Set<string>();
  const problems: string[] = [];
  let events = 0;
  for await (const { place, body } of readAll(files)) {
    events++;
    try {
      jobs.add(parseJobEvent(body, { redactEnvValues: false }).jobId);
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
  }
  if (events === 0) throw new Error('The input has no events.');
  if (problems.length === 0) return { events, jobs: jobs.size };
  const rest = problems.length - problemsShown;
  const lines = [...problems.slice(0, problemsShown), ...(rest > 0 ? [`and ${rest} more`] : [])];
  throw new Error(`${lines.join('\n')}\nNothing was sent.`);
}

function openSink(bus: string | undefined): Promise<EventSink> {
  return bus === undefined ? openLocalQueue(localQueue) : Promise.resolve(eventBus(bus));
}

await runCommand(usage, main);
